terraform {
  required_providers {
    vedauth = {
      source = "vedauth/vedauth"
    }
    venafi = {
      source = "Venafi/venafi"
    }
  }
}

provider "vedauth" {
  url       = "https://tpp.example.com"
  client_id = "terraform"
}

variable "pkcs12_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

# A file that holds the certificate, its private key and the intermediate certificates.
ephemeral "vedauth_certificate_token" "certificates" {
  pkcs12_file     = "/etc/terraform/client.p12"
  pkcs12_password = var.pkcs12_password
  scope           = "certificate:manage"
}

# The same as PEM. With a key from a vault, write private_key_pem instead of a file.
ephemeral "vedauth_certificate_token" "ssh" {
  certificate_file = "/etc/terraform/client.crt"
  private_key_file = "/etc/terraform/client.key"
  scope            = "ssh:manage"
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_certificate_token.certificates.access_token
}
