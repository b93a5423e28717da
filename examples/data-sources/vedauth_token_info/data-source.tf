terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
  scope     = "certificate:manage"
}

# User name and password come from VEDAUTH_USERNAME and VEDAUTH_PASSWORD.
ephemeral "vedauth_oauth_token" "any" {}

# A data source has no argument for the token, since arguments are stored: a second provider block takes it.
provider "vedauth" {
  alias = "with_token"

  url          = "https://tpp.example.com"
  access_token = ephemeral.vedauth_oauth_token.any.access_token
}

data "vedauth_token_info" "any" {
  provider = vedauth.with_token
}

output "identity" {
  value = data.vedauth_token_info.any.identity
}

output "granted_scope" {
  value = data.vedauth_token_info.any.granted_scope
}
