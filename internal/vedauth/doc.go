// Package vedauth is a client of vedauth, the authorization server of Venafi Trust Protection Platform.
//
// It knows the protocol and nothing of Terraform. A [Client] talks to one server. Each grant is one file and one method
// that returns a [Token]; [Client.Verify], [Client.Refresh] and [Client.Revoke] deal with tokens there are.
//
// Every failure is an [*Error], which says what was asked, what the server said, what causes it and what to do next,
// and holds no secret. What may be sent again after a failure is decided in one place, retry.go.
//
// A request that makes or rotates a grant is not cancelled with its context once it has been written: an answer that
// nobody waits for is a grant that nobody can revoke. Such a call returns when the answer is there or its own time is
// up; a caller that cannot wait calls it from a goroutine.
package vedauth
