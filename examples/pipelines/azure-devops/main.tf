terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

variable "service_connection_id" {
  description = "ID (not name) of the service connection whose identity is used: the resourceId in the address of its page."
  type        = string
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# Plan and apply each ask Azure DevOps for an ID token of the service connection.
ephemeral "vedauth_jwt_token" "pipeline" {
  scope = "certificate:manage"

  azure_devops = {
    service_connection_id = var.service_connection_id
  }
}

# A second configuration that holds the token, to show whose it is. A provider that works with certificates takes the
# token the same way.
provider "vedauth" {
  alias        = "pipeline"
  url          = "https://tpp.example.com"
  access_token = ephemeral.vedauth_jwt_token.pipeline.access_token
}

data "vedauth_token_info" "pipeline" {
  provider = vedauth.pipeline
}

output "identity" {
  description = "The Trust Protection Platform user that the pipeline acts as."
  value       = data.vedauth_token_info.pipeline.identity
}
