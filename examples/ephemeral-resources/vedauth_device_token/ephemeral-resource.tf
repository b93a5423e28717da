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

# Terraform shows an address and a code, and waits until somebody has confirmed it in a browser. Remembered, the login is
# good for the next plan, apply and destroy too, until it is forgotten or ends.
ephemeral "vedauth_device_token" "me" {
  scope    = "certificate:manage"
  remember = true
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_device_token.me.access_token
}
