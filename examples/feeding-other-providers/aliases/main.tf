# Two servers, and a token of each for the provider that works with it.

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

variable "passwords" {
  description = "The password of the user terraform, by server."
  type = object({
    production = string
    staging    = string
  })
  sensitive = true
  ephemeral = true
}

# Each block names its own credential. A block that named none would take the one from the environment, whichever server
# that is meant for.
provider "vedauth" {
  alias     = "production"
  url       = "https://tpp.example.com"
  client_id = "terraform"
  scope     = "certificate:manage"
  oauth     = { username = "local:terraform", password = var.passwords.production }
}

provider "vedauth" {
  alias     = "staging"
  url       = "https://staging.tpp.example.com"
  client_id = "terraform"
  scope     = "certificate:manage"
  oauth     = { username = "local:terraform", password = var.passwords.staging }
}

ephemeral "vedauth_oauth_token" "production" {
  provider = vedauth.production
}

ephemeral "vedauth_oauth_token" "staging" {
  provider = vedauth.staging
}

provider "venafi" {
  alias        = "production"
  url          = "https://tpp.example.com/vedsdk"
  zone         = "Certificates\\Web"
  access_token = ephemeral.vedauth_oauth_token.production.access_token
}

provider "venafi" {
  alias        = "staging"
  url          = "https://staging.tpp.example.com/vedsdk"
  zone         = "Certificates\\Web"
  access_token = ephemeral.vedauth_oauth_token.staging.access_token
}

resource "venafi_certificate" "production" {
  provider    = venafi.production
  common_name = "web.example.com"
}

resource "venafi_certificate" "staging" {
  provider    = venafi.staging
  common_name = "web.staging.example.com"
}
