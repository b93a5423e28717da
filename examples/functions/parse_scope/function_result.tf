# true
output "may_manage_certificates" {
  value = contains(provider::vedauth::parse_scope("Certificate:Discover,Manage; SSH;").certificate, "manage")
}
