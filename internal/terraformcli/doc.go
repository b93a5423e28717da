// Package terraformcli finds a real Terraform or OpenTofu, installs one if there is none, and runs it with a provider
// built from this checkout.
//
// It serves the tests, the demo and the makefile; nothing of it is in the provider. Find says which program is used
// and why. A Workspace is a folder to run it in: with a settings file that points to the built provider, and an
// environment in which no setting of the person or pipeline that runs the tests can change their outcome.
package terraformcli
