// Package session decides, inside one provider process, who asks the server and who ends what was made.
//
// Terraform opens every ephemeral block by itself, ten at a time, and closes it by itself, or not at all when the run
// fails. A [Session] turns equal requests into one grant and counts who holds it; the [Process] owns every grant that
// must not outlive the run, and on the way out ends those that nobody closed.
//
// A grant's life:
//
//	asked for -> held by one or more blocks -> the last one closes: revoked, and only then forgotten
//	                                        -> nobody closes: revoked by Process.Shutdown
//	asked for -> nobody waits any more, or the answer was damaged: revoked as soon as it is there
//	asked for to be kept -> handed out: no longer the process's to end
package session
