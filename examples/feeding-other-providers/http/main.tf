# Arguments of data sources take no ephemeral value, so the token comes from a data source, too. BOTH STORE IT: it is
# in the state and in saved plans, and it is not revoked at the end of the run. Give its API integration a short token
# validity.

terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    http = {
      source = "hashicorp/http"
    }
  }
}

# VEDAUTH_USERNAME and VEDAUTH_PASSWORD hold the credential: arguments of a data source would be stored.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

data "vedauth_oauth_token" "reader" {
  scope = "certificate"
}

data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Accept        = "application/json"
    Authorization = "Bearer ${data.vedauth_oauth_token.reader.access_token}"
  }
}

output "names" {
  description = "The first ten certificates that the token's user may see."
  value       = [for certificate in jsondecode(data.http.certificates.response_body).Certificates : certificate.Name]
}
