terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    http = {
      source = "hashicorp/http"
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
data "vedauth_certificate_token" "reader" {
  scope = "certificate"
}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_certificate_token.reader.access_token}"
  }
}
