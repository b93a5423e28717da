// Package identity finds the JWT with which a pipeline proves who it is, and looks at it before it is sent.
//
// A [Source] is one place that a JWT comes from: a value, a file, an environment variable, or a request to the
// identity service of GitHub Actions or Azure DevOps. A source is chosen by the user and never guessed. It keeps
// nothing: every Fetch reads or requests anew, because these tokens live for minutes and are replaced behind our back.
//
// [Inspect] decodes a JWT without verifying it, which only the server can do. It turns the mistakes that the server
// answers with one unhelpful sentence (an empty variable, an expired token, an access token in the wrong place) into
// errors of their own, and keeps the claims that explain a refusal.
//
// No error, warning or explanation of this package holds a token, a part of one, a bearer of the platform, the body
// of an answer or the query of a URL.
package identity
