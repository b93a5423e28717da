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

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The job's own identity takes the place of a password. It is asked for anew by plan and by apply.
ephemeral "vedauth_jwt_token" "ci" {
  scope          = "certificate:manage"
  github_actions = { audience = "https://tpp.example.com/vedauth" }
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_jwt_token.ci.access_token
}
