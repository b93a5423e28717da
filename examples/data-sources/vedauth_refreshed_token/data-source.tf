terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

# Arguments of a data source would be stored, so the seed comes from the environment: VEDAUTH_REFRESH_TOKEN.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The token is stored in the state, and dies at the next refresh of the grant. Prefer the ephemeral resource wherever an
# ephemeral value is taken.
data "vedauth_refreshed_token" "legacy" {}

output "expires_at" {
  value = data.vedauth_refreshed_token.legacy.expires_at
}
