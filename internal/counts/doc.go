// Package counts tests what must not grow without anybody noticing: the size of the program, what runs in it before it
// serves, and what it writes to a log that nobody reads. They are counts, not times: they do not depend on how busy a
// machine is. "make bench" measures times.
//
// Allocations of a login are counted in package vedauth, requests of a run in package acceptance.
package counts
