terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    venafi = {
      source = "Venafi/venafi"
    }
  }
}

# Everything that may be there; what is there where Terraform runs decides.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
  scope     = "certificate:manage"

  # In a pipeline: the job's identity.
  jwt = {
    github_actions = { audience = "https://tpp.example.com/vedauth" }
  }

  # On a server: its certificate, if the file exists.
  certificate = {
    certificate_file = "/etc/terraform/client.pem"
    private_key_file = "/etc/terraform/client.key"
  }

  # On a laptop: the grant that vedauth_device_token remembered, without a line here.
}

ephemeral "vedauth_token" "t" {}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_token.t.access_token
}
