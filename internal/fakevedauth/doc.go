// Package fakevedauth is a stand-in for a Trust Protection Platform authorization server, for tests and the demo.
//
// It is written from the vendor's description of the protocol and shares nothing with the client of this project but
// the table of refusals: two halves that import each other's types would only prove that they agree with themselves.
// It is strict where the real server is known or likely to be strict (case of JSON names, content type, method), so
// that a careless client fails here first.
//
// A test starts one server, which listens on a loopback port with a certificate of its own authority:
//
//	fake := fakevedauth.StartForTest(t, fakevedauth.Options{})
//	client := fake.Client()                       // trusts the authority
//	... POST fake.URL()+"/vedauth/authorize/oauth" as fakevedauth.DefaultUser with fakevedauth.DefaultPassword
//	t.Log(fake.Ledger())                          // grants issued 1, revoked 0, live 1
//
// The world of a new server has one application (DefaultClientID), one user (DefaultUser) and the rule that joins
// them. AddApplication, AddUser, AddRule and Configure change it while it runs; Advance moves its clock; Inject makes
// it misbehave; Ledger, Grants, Requests and WaitFor tell what happened; Secrets lists what must not leak.
//
// # Connections and reason phrases
//
// The real server puts messages into the reason phrase of the status line, which net/http cannot write. The server
// therefore takes over ("hijacks") each connection at its first request and serves the rest of it itself, keep-alive
// included. Where that is not possible (HTTP/2, a recorder) replies lose their reason phrase, and faults that break
// the connection turn into a 500 that says so.
package fakevedauth
