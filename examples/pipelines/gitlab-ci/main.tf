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
}

# The name of the variable that id_tokens in .gitlab-ci.yml defines, not its value.
ephemeral "vedauth_jwt_token" "pipeline" {
  scope = "certificate:manage"

  jwt_env = "VEDAUTH_ID_TOKEN"
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
