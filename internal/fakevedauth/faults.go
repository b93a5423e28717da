package fakevedauth

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// Nothing is no fault, for a place in a Sequence.
func Nothing() Fault { return Fault{} }

// Hold keeps the request until release closes, or the server does.
func Hold(release <-chan struct{}) Fault { return Fault{hold: release} }

// Latency keeps the request for d of real time.
func Latency(d time.Duration) Fault { return Fault{latency: d} }

// Drop closes the connection without an answer.
func Drop() Fault { return Fault{drop: dropClose} }

// Reset ends the connection with RST, without an answer.
func Reset() Fault { return Fault{drop: dropReset} }

// CloseUnread closes the connection after the header of the request, before its body is read.
func CloseUnread() Fault { return Fault{drop: dropClose, unread: true} }

// Status answers with a status and the page that IIS, HTTP.sys or a proxy has for it.
func Status(status int) Fault { return HTML(status, statusTitle(status)) }

// HTML answers with a page that has this title.
func HTML(status int, title string) Fault {
	return Fault{replace: func(*Server) reply { return htmlReply(status, title) }}
}

// Answer answers with this status, content type (none if empty) and body.
func Answer(status int, contentType, body string) Fault {
	return Fault{replace: func(*Server) reply {
		r := newReply(status)
		if contentType != "" {
			r = r.with("Content-Type", contentType)
		}
		r.body = []byte(body)
		return r
	}}
}

// JSONBody answers 200 with this text as JSON.
func JSONBody(body string) Fault {
	return Answer(http.StatusOK, "application/json; charset=utf-8", body)
}

// Redirect answers with a status such as 301 or 307, and a Location.
func Redirect(status int, location string) Fault { return Status(status).Header("Location", location) }

// Rerun answers 500 as a server does whose database had a deadlock.
func Rerun() Fault {
	return Answer(http.StatusInternalServerError, "application/json; charset=utf-8",
		`{"error":"server_error","error_description":"Transaction was deadlocked on lock resources with another process `+
			`and has been chosen as the deadlock victim. Rerun the transaction."}`)
}

// Refusal answers with a row of the table in a dialect, carried as the options say. fill replaces what stands in
// square brackets, as pairs of name and value.
func Refusal(rowID string, dialect refusal.Dialect, fill ...string) Fault {
	return Fault{replace: func(s *Server) reply {
		row, ok := refusal.ByID(rowID)
		if !ok {
			return htmlReply(http.StatusInternalServerError, "fakevedauth: the table of refusals has no row "+rowID)
		}
		return refusalReply(pickAnswer(row, dialect, ""), s.carrier(), fill)
	}}
}

// RefusalAnswer answers with one answer of the table, carried as told.
func RefusalAnswer(answer refusal.Answer, carrier Carrier, fill ...string) Fault {
	return Fault{replace: func(*Server) reply { return refusalReply(answer, carrier, fill) }}
}

// Refuse makes an endpoint answer every request with a row of the table, until the result is called.
func (s *Server) Refuse(endpoint Endpoint, rowID string, dialect refusal.Dialect, fill ...string) (remove func()) {
	return s.Inject(endpoint, Always(Refusal(rowID, dialect, fill...)))
}

func (s *Server) carrier() Carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Carrier
}

// Rewrite changes the fields of the real JSON reply, after the state has changed. Numbers are json.Number.
func Rewrite(change func(fields map[string]any)) Fault {
	return Fault{}.changing(func(r reply) reply {
		decoder := json.NewDecoder(bytes.NewReader(r.body))
		decoder.UseNumber()
		var fields map[string]any
		if decoder.Decode(&fields) != nil {
			return r
		}
		change(fields)
		changed := jsonReply(r.status, fields, false)
		changed.reason = r.reason
		return changed
	})
}

// WrongTypes gives the token reply numbers for texts and texts for numbers, except for the tokens themselves.
func WrongTypes() Fault {
	return Rewrite(func(fields map[string]any) {
		for name, value := range fields {
			if name == "access_token" || name == "refresh_token" {
				continue
			}
			if _, isText := value.(string); isText {
				fields[name] = 17
			} else {
				fields[name] = map[string]any{"soon": true}
			}
		}
	})
}

// EmptyBody takes the body away from the real reply, after the state has changed.
func EmptyBody() Fault { return body(func([]byte) []byte { return nil }) }

// Trailing puts text behind the body of the real reply, after the state has changed.
func Trailing(text string) Fault {
	return body(func(b []byte) []byte { return append(slices.Clone(b), text...) })
}

// Padded blows the JSON object of the real reply up by n bytes behind its fields, after the state has changed.
func Padded(n int) Fault {
	return body(func(b []byte) []byte {
		object, isObject := bytes.CutSuffix(b, []byte("}"))
		if !isObject {
			return b
		}
		return fmt.Appendf(nil, `%s,"filler":"%s"}`, object, bytes.Repeat([]byte("x"), n))
	})
}

// Truncate ends the connection after n bytes of the real body, or -n before its end, although Content-Length
// announced all of it. After the state has changed.
func Truncate(n int) Fault {
	return Fault{}.changing(func(r reply) reply {
		at := within(n, len(r.body))
		r.cut = &at
		return r
	})
}

// TruncateQuietly is Truncate with a Content-Length that fits what is left: proper HTTP, broken JSON.
func TruncateQuietly(n int) Fault {
	return body(func(b []byte) []byte { return b[:within(n, len(b))] })
}

// Overrun announces only n bytes of the real body, or all but n if n is negative, and then sends all of it, after the
// state has changed.
func Overrun(n int) Fault {
	return Fault{}.changing(func(r reply) reply { return r.with("Content-Length", strconv.Itoa(within(n, len(r.body)))) })
}

// Drip writes the real body n bytes at a time with a pause behind each, after the state has changed.
func Drip(n int, pause time.Duration) Fault {
	return Fault{}.changing(func(r reply) reply {
		r.dripBytes, r.dripPause = n, pause
		return r
	})
}

// GzipBomb compresses the real reply with n bytes of blanks behind it, after the state has changed.
func GzipBomb(n int) Fault {
	return Fault{}.changing(func(r reply) reply {
		var compressed bytes.Buffer
		writer := gzip.NewWriter(&compressed)
		_, _ = writer.Write(append(slices.Clone(r.body), bytes.Repeat([]byte(" "), n)...))
		_ = writer.Close() // neither fails on a buffer
		r.body = compressed.Bytes()
		return r.with("Content-Encoding", "gzip")
	})
}

// CloseSilently closes the connection after the real reply without having announced it.
func CloseSilently() Fault {
	return Fault{}.changing(func(r reply) reply {
		r.closeSilently = true
		return r
	})
}

// Closing announces the end of the connection with the real reply, and ends it.
func Closing() Fault {
	return Fault{}.changing(func(r reply) reply { return r.with("Connection", "close") })
}

func body(change func([]byte) []byte) Fault {
	return Fault{}.changing(func(r reply) reply {
		r.body = change(r.body)
		return r
	})
}

// within turns n, or -n from the end, into an offset of something that is length long.
func within(n, length int) int {
	if n < 0 {
		n += length
	}
	return max(0, min(n, length))
}
