# The provider block stays with the caller, who knows the server: a module only says that it needs one.
terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

variable "scope" {
  description = "What the token may be used for: privileges by scope, none being the right to read."
  type        = map(set(string))
}

ephemeral "vedauth_jwt_token" "this" {
  scope          = provider::vedauth::scope(var.scope)
  github_actions = { audience = "https://tpp.example.com/vedauth" }
}

output "access_token" {
  description = "The token, for a provider block, an ephemeral resource or a write-only argument of the caller."
  value       = ephemeral.vedauth_jwt_token.this.access_token
  ephemeral   = true
}
