// Package leak searches for secrets in places where they must not be: state, plan files, logs, output.
//
// A secret seldom leaks letter by letter as it was typed. It is searched for in every form that the formats on its way
// give it (JSON, URL, base64, hexadecimal, UTF-16, wrapped into lines), inside compressed files and archives, too. A
// search that finds nothing proves something only if it can find: Searcher.Check plants each secret in each form and
// looks for it.
package leak
