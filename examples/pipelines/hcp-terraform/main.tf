terraform {
  required_version = ">= 1.10"

  cloud {
    organization = "example-org"

    workspaces {
      name = "infrastructure"
    }
  }

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

# The tag is what follows TFC_WORKLOAD_IDENTITY_AUDIENCE_ in the name of the workspace's variable.
ephemeral "vedauth_jwt_token" "pipeline" {
  scope = "certificate:manage"

  hcp_terraform = {
    tag = "VEDAUTH"
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
