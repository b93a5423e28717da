output "identity" {
  description = "The user that the token stands for."
  value       = data.vedauth_token_info.quickstart.identity
}

output "application" {
  description = "The API integration that it was issued for."
  value       = data.vedauth_token_info.quickstart.application
}

output "scope" {
  description = "What it may be used for."
  value       = data.vedauth_token_info.quickstart.granted_scope
}

output "expires_at" {
  description = "When it would have ended if it had not been revoked."
  value       = data.vedauth_token_info.quickstart.access_expires_at
}
