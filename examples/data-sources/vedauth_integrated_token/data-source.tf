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

# The credential stands in the provider block or in the environment (KRB5_KTNAME, KRB5CCNAME, or VEDAUTH_USERNAME and
# VEDAUTH_PASSWORD): arguments of a data source would be stored.
provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"

  integrated = {
    keytab_file = "/etc/terraform/terraform.keytab"
  }
}

# The token is stored in the state. Prefer the ephemeral resource wherever an ephemeral value is taken.
data "vedauth_integrated_token" "reader" {
  scope = "certificate"
}

# Arguments of a data source take no ephemeral value. Both data sources store the token.
data "http" "certificates" {
  url = "https://tpp.example.com/vedsdk/certificates?Limit=10"

  request_headers = {
    Authorization = "Bearer ${data.vedauth_integrated_token.reader.access_token}"
  }
}
