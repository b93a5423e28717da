// Package tokenstore is the crash-safe home of a rotating refresh token.
//
// A refresh token of vedauth works once: the answer brings its successor, and the old access token dies. Whoever
// loses that answer has lost the grant. So this package keeps one small file per grant and follows one rule: the file
// is ready for the successor before the token is spent, and holds it before anybody else sees it.
//
// Files of one grant, all in one directory of mode 0700, all of mode 0600:
//
//	<hash>.json     the grant (version, generation, tokens, intent); replaced as a whole, never written in place
//	<hash>.lock     held exclusively by whoever decides and refreshes; never deleted
//	<hash>.use      held shared from Acquire to Release, so that a refresh does not kill a token in use; never deleted
//	<hash>.next-*   room for the successor, allocated before the request; after a crash, read by the next run
//	<hash>.tmp-*    the file while it is replaced; a leftover is removed
//	<hash>.json.corrupt-*  what could not be read, set aside
//
// The kernel frees both locks when their holder dies, so there is no stale lock and no guessing.
//
// Acquire is the way in: it returns a token that is fresh enough, refreshing it first where needed. Put stores a
// grant made elsewhere, Forget ends one, Peek and List look without locking. The server is reached only through a
// Refresher that the caller supplies.
package tokenstore
