package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// parameters reads the description of a fault; err is the first that was wrong.
type parameters struct {
	request *http.Request
	err     error
}

// fault builds what "kind" names, with everything that any kind can have.
func (p *parameters) fault() fakevedauth.Fault {
	fault := p.kind()
	if p.text("after_commit") != "" {
		fault = fault.AfterCommit()
	}
	if d := p.duration("latency"); d > 0 {
		fault = fault.Delayed(d)
	}
	if seconds := p.number("retry_after", 0); seconds > 0 {
		fault = fault.RetryAfter(seconds)
	}
	if reason := p.text("reason"); reason != "" {
		fault = fault.Reason(reason)
	}
	return fault
}

func (p *parameters) kind() fakevedauth.Fault {
	switch kind := p.text("kind"); kind {
	case "latency":
		return fakevedauth.Nothing()
	case "status":
		return fakevedauth.Status(p.status(http.StatusServiceUnavailable))
	case "html":
		return fakevedauth.HTML(p.status(http.StatusOK), p.text("title"))
	case "redirect":
		return fakevedauth.Redirect(p.status(http.StatusTemporaryRedirect), p.text("location"))
	case "rerun":
		return fakevedauth.Rerun()
	case "refusal":
		return p.refusal()
	case "drop":
		return fakevedauth.Drop()
	case "reset":
		return fakevedauth.Reset()
	case "unread":
		return fakevedauth.CloseUnread()
	case "empty":
		return fakevedauth.EmptyBody()
	case "wrong-types":
		return fakevedauth.WrongTypes()
	case "truncate":
		return fakevedauth.Truncate(p.number("at", -1))
	case "trailing":
		return fakevedauth.Trailing(p.text("text"))
	case "padded":
		return fakevedauth.Padded(p.number("bytes", 5<<20))
	case "gzip-bomb":
		return fakevedauth.GzipBomb(p.number("bytes", 64<<20))
	case "drip":
		return fakevedauth.Drip(p.number("bytes", 1), p.duration("pause"))
	case "close-silently":
		return fakevedauth.CloseSilently()
	default:
		p.fail("kind", fmt.Errorf("%q is none", kind))
		return fakevedauth.Nothing()
	}
}

func (p *parameters) refusal() fakevedauth.Fault {
	row := p.text("row")
	if _, ok := refusal.ByID(row); !ok {
		p.fail("row", fmt.Errorf("%q is not in the table of refusals", row))
	}
	dialect := fakevedauth.Modern
	if p.text("legacy") != "" {
		dialect = fakevedauth.Legacy
	}
	return fakevedauth.Refusal(row, dialect)
}

func (p *parameters) text(name string) string { return p.request.FormValue(name) }

func (p *parameters) number(name string, normal int) int {
	text := p.text(name)
	if text == "" || name == "times" && text == "always" {
		return normal
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		p.fail(name, err)
	}
	return n
}

// status keeps to what can be written into a status line and has a body.
func (p *parameters) status(normal int) int {
	n := p.number("status", normal)
	if n < 200 || n > 599 {
		p.fail("status", fmt.Errorf("%d is none", n))
	}
	return n
}

func (p *parameters) duration(name string) time.Duration {
	text := p.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		p.fail(name, err)
	}
	return d
}

func (p *parameters) fail(name string, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
}
