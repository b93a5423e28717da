module github.com/vedauth/terraform-provider-vedauth

go 1.26.0
