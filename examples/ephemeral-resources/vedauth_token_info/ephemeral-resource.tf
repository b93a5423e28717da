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
  url = "https://tpp.example.com"
}

# A token that the pipeline has brought along.
variable "access_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

# Stop before anything is changed if the token is not good for what is to come.
ephemeral "vedauth_token_info" "given" {
  access_token = var.access_token

  lifecycle {
    postcondition {
      condition     = self.valid
      error_message = "The server does not accept the access token. Get a new one."
    }
    postcondition {
      condition     = !self.valid || contains(try(provider::vedauth::parse_scope(self.granted_scope).certificate, []), "manage")
      error_message = "The access token may not manage certificates."
    }
  }
}

# The reference makes Terraform look before it hands the token on.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_token_info.given.valid ? var.access_token : null
}
