# Sets up the workspace that runs ../main.tf. Apply it once from where you manage your organisation; the same variable
# can be made by hand in the settings of the workspace.

terraform {
  required_providers {
    tfe = {
      source = "hashicorp/tfe"
    }
  }
}

data "tfe_workspace" "infrastructure" {
  organization = "example-org"
  name         = "infrastructure"
}

# With this variable, every plan and every apply gets TFC_WORKLOAD_IDENTITY_TOKEN_VEDAUTH: a token for that audience.
resource "tfe_variable" "audience" {
  workspace_id = data.tfe_workspace.infrastructure.id
  category     = "env"
  key          = "TFC_WORKLOAD_IDENTITY_AUDIENCE_VEDAUTH"
  value        = "https://tpp.example.com/vedauth"
  description  = "Audience of the identity token for Trust Protection Platform."
}
