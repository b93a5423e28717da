// Package acceptance holds the tests that only a real Terraform can answer: what it opens and closes and when, what it
// writes to disk, and what is left on the server when a run fails, is interrupted or is killed.
//
// Each test has its own server, its own folder and its own provider processes. VEDAUTH_TERRAFORM chooses the program;
// "make test" sets it.
package acceptance
