# The token goes into Vault by a write-only argument, for a program that reads it there after the run. So it must
# outlive the run that writes it:
#
#   terraform apply -var rotation=2 -var rotate=true
#
# Whoever rotates the token is to revoke the one before.

terraform {
  required_version = ">= 1.11"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    vault = {
      source = "hashicorp/vault"
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

variable "rotation" {
  description = "Counts up when a new token is to be written."
  type        = number
  default     = 1
}

variable "rotate" {
  description = "Whether this run is to write a new token: true in the run that raises rotation, and in no other."
  type        = bool
  default     = false
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

ephemeral "vedauth_oauth_token" "agent" {
  username = var.username
  password = var.password
  scope    = "certificate:discover"

  # The token that is written is for the agent and has to live on. All others are revoked: those of plan, and those of
  # an apply that writes none.
  revoke_on_close = !(terraform.applying && var.rotate)
}

# Address and token come from VAULT_ADDR and VAULT_TOKEN.
provider "vault" {}

resource "vault_kv_secret_v2" "agent" {
  mount = "secret"
  name  = "discovery-agent/vedauth"

  # Sent to Vault and stored nowhere else. Vault gets a new one only when the version changes.
  data_json_wo = jsonencode({
    access_token = ephemeral.vedauth_oauth_token.agent.access_token
    expires_at   = ephemeral.vedauth_oauth_token.agent.expires_at
  })
  data_json_wo_version = var.rotation
}
