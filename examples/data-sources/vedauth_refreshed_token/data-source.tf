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

# Arguments of a data source would be stored, so the seed comes from the environment: VEDAUTH_REFRESH_TOKEN.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The token is stored in the state, and dies at the next refresh of the grant. Prefer the ephemeral resource wherever an
# ephemeral value is taken.
data "vedauth_refreshed_token" "reader" {}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_refreshed_token.reader.access_token}"
  }
}
