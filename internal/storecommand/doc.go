// Package storecommand is what the provider's program does when a person runs it with a command: it lists the grants
// in the token store, and forgets one, which ends it on the server too. Terraform never runs it so.
package storecommand
