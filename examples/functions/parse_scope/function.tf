terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    venafi = {
      source = "Venafi/venafi"
    }
  }
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# User name and password come from VEDAUTH_USERNAME and VEDAUTH_PASSWORD.
ephemeral "vedauth_oauth_token" "certificates" {
  scope = "certificate:manage"

  lifecycle {
    postcondition {
      condition     = contains(provider::vedauth::parse_scope(self.granted_scope).certificate, "manage")
      error_message = "The server granted ${self.granted_scope}, which is not enough."
    }
  }
}

provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_oauth_token.certificates.access_token
}
