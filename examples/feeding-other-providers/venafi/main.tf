# The token goes into the provider block of Venafi/venafi, which issues certificates with it.

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

variable "username" {
  description = "The user whose token it is."
  type        = string
}

variable "password" {
  description = "The user's password."
  type        = string
  sensitive   = true
  ephemeral   = true
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

ephemeral "vedauth_oauth_token" "certificates" {
  username = var.username
  password = var.password
  scope    = "certificate:manage"
}

provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  zone         = "Certificates\\Web"
  access_token = ephemeral.vedauth_oauth_token.certificates.access_token
}

resource "venafi_certificate" "web" {
  common_name = "web.example.com"
  san_dns     = ["web.example.com"]
  algorithm   = "RSA"
  rsa_bits    = 2048
}
