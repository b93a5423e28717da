// Package provider is the Terraform surface: it reads HCL into requests, hands them to package session, and turns what
// comes back into results and diagnostics. It sends nothing itself.
//
// All grants share one ephemeral resource and one data source (token.go). What a grant adds is a value of type grant, in
// a file of its own: its name, its attributes, where its credential may come from, and the call it makes.
//
// Every attribute is declared once, as a value of type attribute, and turned into the framework's three schema forms in
// attribute.go.
package provider
