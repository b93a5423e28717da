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

# The grant that somebody was given to begin with. It is spent in the first run; from then on the token store on this
# machine holds its successors, and the variable may stay as it is or be left out.
variable "refresh_token" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = null
}

ephemeral "vedauth_refreshed_token" "me" {
  refresh_token = var.refresh_token

  # Refresh now rather than run out in the middle of a long apply.
  minimum_validity = "1h"
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_refreshed_token.me.access_token
}
