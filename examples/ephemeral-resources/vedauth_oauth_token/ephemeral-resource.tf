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

variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}

ephemeral "vedauth_oauth_token" "certificates" {
  username = "local:alice"
  password = var.password
  scope    = "certificate:manage"

  # Fail now rather than in the middle of a long apply.
  minimum_validity = "1h"
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_oauth_token.certificates.access_token
}
