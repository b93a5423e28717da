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

  jwt = {
    github_actions = { audience = "https://tpp.example.com/vedauth" }
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_token" "legacy" {
  scope  = "certificate:manage"
  grants = ["jwt", "oauth"] # VEDAUTH_USERNAME and VEDAUTH_PASSWORD, outside the pipeline
}

output "grant" {
  value = data.vedauth_token.legacy.grant
}
