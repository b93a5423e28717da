terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

# Arguments of a data source would be stored, so the provider block says where the JWT comes from.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"

  jwt = {
    jwt_file = "/var/run/secrets/tokens/vedauth"
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_jwt_token" "legacy" {
  scope = "certificate:manage"
}

output "expires_at" {
  value = data.vedauth_jwt_token.legacy.expires_at
}
