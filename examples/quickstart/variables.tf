variable "url" {
  description = "Address of the Trust Protection Platform server."
  type        = string
}

variable "client_id" {
  description = "Application ID of the API integration that the token is for."
  type        = string
}

variable "scope" {
  description = "What the token may be used for: privileges by scope, none being the right to read."
  type        = map(set(string))
  default = {
    certificate = ["manage"]
  }
}

variable "username" {
  description = "Name of the user that the token stands for."
  type        = string
}

variable "password" {
  description = "Password of that user. Set TF_VAR_password; an ephemeral variable is never stored."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "ca_file" {
  description = "File with the authority of the server's certificate, if the system does not trust it already."
  type        = string
  default     = null
}
