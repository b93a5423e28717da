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

# User name and password come from VEDAUTH_USERNAME and VEDAUTH_PASSWORD, or from the provider block: arguments of a
# data source would be stored.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_oauth_token" "reader" {
  scope = "certificate"
}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_oauth_token.reader.access_token}"
  }
}
