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

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"

  jwt = {
    github_actions = { audience = "https://tpp.example.com/vedauth" }
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_token" "reader" {
  scope  = "certificate"
  grants = ["jwt", "oauth"] # VEDAUTH_USERNAME and VEDAUTH_PASSWORD, outside the pipeline
}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_token.reader.access_token}"
  }
}

output "grant" {
  value = data.vedauth_token.reader.grant
}
