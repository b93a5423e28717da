terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

variable "pkcs12_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

# The credential stands in the provider block, or in VEDAUTH_PKCS12_FILE and VEDAUTH_PKCS12_PASSWORD: arguments of a data
# source would be stored.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"

  certificate = {
    pkcs12_file     = "/etc/terraform/client.p12"
    pkcs12_password = var.pkcs12_password
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_certificate_token" "legacy" {
  scope = "certificate:manage"
}

output "expires_at" {
  value = data.vedauth_certificate_token.legacy.expires_at
}
