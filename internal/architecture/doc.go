// Package architecture holds the test that compares the table of packages in ARCHITECTURE.md with the code: which
// packages there are, and which of the others, and of which libraries, each may import.
package architecture
