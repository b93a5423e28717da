terraform {
  required_version = ">= 1.10"

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
  scope     = "certificate:manage"

  # Credentials given here serve every token that brings none of its own. VEDAUTH_USERNAME and VEDAUTH_PASSWORD in the
  # environment do the same.
  oauth = {
    username = "local:alice"
    password = var.password
  }
}

variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}

# Obtains the token when Terraform begins to need it, and revokes it when nothing needs it any more.
ephemeral "vedauth_oauth_token" "certificates" {}

# Uses the token.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_oauth_token.certificates.access_token
}
