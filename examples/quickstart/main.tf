# A token, from the server to the provider that needs it. Nothing of it is in the state or in a saved plan, and at the
# end of each run it is revoked.
#
#   export TF_VAR_password=...
#   terraform init
#   terraform apply

terraform {
  required_version = ">= 1.10"

  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
  }
}

# Obtains the token.
provider "vedauth" {
  url       = var.url
  client_id = var.client_id
  ca_file   = var.ca_file
}

ephemeral "vedauth_oauth_token" "quickstart" {
  username = var.username
  password = var.password
  scope    = provider::vedauth::scope(var.scope)
}

# Uses the token. This could be any provider that takes one; here it is the same provider again, which asks the server
# what the token is worth.
provider "vedauth" {
  alias = "consumer"

  url          = var.url
  ca_file      = var.ca_file
  access_token = ephemeral.vedauth_oauth_token.quickstart.access_token
}

data "vedauth_token_info" "quickstart" {
  provider = vedauth.consumer
}
