terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

# User name and password come from VEDAUTH_USERNAME and VEDAUTH_PASSWORD, or from the provider block: arguments of a
# data source would be stored.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_oauth_token" "legacy" {
  scope = "certificate:manage"
}

output "expires_at" {
  value = data.vedauth_oauth_token.legacy.expires_at
}
