// Package pages holds the tests of everything in the repository that is read and not compiled: that links lead somewhere,
// that commands exist, that workflows are pinned, that the changelog is put together as its README says, and that every file has a name that it
// can have on every system.
package pages
