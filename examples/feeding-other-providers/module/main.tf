# A module hides how the token is obtained. Its output is ephemeral, so the token is stored no more than without the
# module.

terraform {
  required_version = ">= 1.10"

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

module "token" {
  source = "./modules/vedauth-token"

  scope = { certificate = ["manage"] }
}

provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  zone         = "Certificates\\Web"
  access_token = module.token.access_token
}

resource "venafi_certificate" "web" {
  common_name = "web.example.com"
}
