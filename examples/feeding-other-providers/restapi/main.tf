# The token goes into a header in the provider block of Mastercard/restapi, for the calls of the server's API that
# have no provider of their own.

terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    restapi = {
      source = "Mastercard/restapi"
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
  scope    = "certificate"
}

provider "restapi" {
  uri                  = "https://tpp.example.com/vedsdk"
  write_returns_object = true

  headers = {
    Authorization = "Bearer ${ephemeral.vedauth_oauth_token.certificates.access_token}"
    Content-Type  = "application/json"
  }
}

data "restapi_object" "web" {
  path         = "/certificates"
  results_key  = "Certificates"
  search_key   = "Name"
  search_value = "web.example.com"
  id_attribute = "Guid"
}

output "guid" {
  description = "The server's number for the certificate."
  value       = data.restapi_object.web.id
}
