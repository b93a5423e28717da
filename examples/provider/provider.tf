terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
  scope     = "certificate:manage"

  # Credentials given here serve every token that brings none of its own. VEDAUTH_USERNAME and VEDAUTH_PASSWORD in the
  # environment do the same.
  oauth = {
    username = "local:alice"
    password = var.password
  }
}

variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}
