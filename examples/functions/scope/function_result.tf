# certificate:discover,manage;ssh
output "scope" {
  value = provider::vedauth::scope({
    certificate = ["manage", "discover"]
    ssh         = []
  })
}
