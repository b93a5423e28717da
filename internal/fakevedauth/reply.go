package fakevedauth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"
)

// reply is an answer on its way to the wire.
type reply struct {
	status int
	// reason is the reason phrase; empty is the standard one.
	reason string
	header http.Header
	body   []byte

	// The rest is for faults.

	// cut, if not nil, is how many bytes of the body are written before the connection ends; Content-Length still
	// announces all of it.
	cut *int
	// dripBytes are written at a time, each followed by dripPause.
	dripBytes int
	dripPause time.Duration
	// closeSilently ends the connection after the reply without having announced it.
	closeSilently bool
}

func newReply(status int) reply { return reply{status: status, header: http.Header{}} }

// with returns the reply with a header set.
func (r reply) with(name, value string) reply {
	r.header = r.header.Clone()
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// jsonReply encodes fields, in the order of the struct. Nothing that is passed here can fail to encode; if it did, the
// client would get a 500 and a test its failure.
func jsonReply(status int, fields any, escapeSlashes bool) reply {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fields); err != nil {
		return htmlReply(http.StatusInternalServerError, "500 - Internal server error.")
	}
	text := bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	if escapeSlashes {
		// Both characters occur inside strings only.
		text = bytes.ReplaceAll(text, []byte("/"), []byte(`\/`))
		text = bytes.ReplaceAll(text, []byte("'"), []byte(`\u0027`))
	}
	r := newReply(status).with("Content-Type", "application/json; charset=utf-8")
	r.body = text
	return r
}

// htmlReply is an error page as IIS has them.
func htmlReply(status int, title string) reply {
	title = html.EscapeString(title)
	r := newReply(status).with("Content-Type", "text/html")
	r.body = fmt.Appendf(nil, `<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml">
<head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/><title>%s</title></head>
<body><div id="header"><h1>Server Error</h1></div><div id="content"><h2>%s</h2></div></body>
</html>
`, title, title)
	return r
}

// statusLine is the first line without its end. Line breaks cannot get into it.
func (r reply) statusLine() string {
	reason := strings.NewReplacer("\r", " ", "\n", " ").Replace(r.reason)
	if reason == "" {
		reason = http.StatusText(r.status)
	}
	return fmt.Sprintf("HTTP/1.1 %03d %s", r.status, reason)
}
