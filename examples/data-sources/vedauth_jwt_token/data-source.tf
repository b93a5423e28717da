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

# Arguments of a data source would be stored, so the provider block says where the JWT comes from.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"

  jwt = {
    jwt_file = "/var/run/secrets/vedauth/token"
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_jwt_token" "reader" {
  scope = "certificate"
}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_jwt_token.reader.access_token}"
  }
}
