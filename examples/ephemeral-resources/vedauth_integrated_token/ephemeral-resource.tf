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

variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}

# Kerberos with a keytab, for machines. With a ticket cache of kinit, write ccache_file; KRB5_KTNAME and KRB5CCNAME in the
# environment do the same.
ephemeral "vedauth_integrated_token" "certificates" {
  keytab_file = "/etc/terraform/terraform.keytab"
  scope       = "certificate:manage"
}

# A user of a realm: Kerberos if the realm has a KDC, else NTLM.
ephemeral "vedauth_integrated_token" "ssh" {
  username = "alice@EXAMPLE.COM"
  password = var.password
  scope    = "ssh:manage"
}

# A user of a Windows domain, by NTLM.
ephemeral "vedauth_integrated_token" "configuration" {
  username  = "EXAMPLE\\alice"
  password  = var.password
  mechanism = "ntlm"
  scope     = "configuration"
}

# The token goes straight to the provider that needs it.
provider "venafi" {
  url          = "https://tpp.example.com/vedsdk"
  access_token = ephemeral.vedauth_integrated_token.certificates.access_token
}
