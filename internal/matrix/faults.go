package matrix

import (
	"slices"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// elsewhere is where a redirect leads.
const elsewhere = "https://elsewhere.example.com/vedauth/Authorize/OAuth?token=hunter2-hunter2"

// faults are those of every endpoint.
var faults = slices.Concat(unnoticed, unconnected, busy, unclear, damaged, foreign)

var unnoticed = []Fault{
	always(Unnoticed, "no fault", "", fakevedauth.Nothing()),
	always(Unnoticed, "the server closes the connection behind each answer", "", fakevedauth.CloseSilently()),
	always(Unnoticed, "the answer comes in drops, in time", "", fakevedauth.Drip(64, time.Millisecond)),
}

var unconnected = []Fault{
	{Name: "connection refused", Class: Unconnected, Wire: NobodyListens, Says: "the connection was refused"},
	{Name: "connection reset before anything is sent", Class: Unconnected, Wire: ResetAtOnce, Says: "reset"},
	{Name: "connection reset before anything is sent, once", Class: Unconnected, Wire: ResetAtOnce, Once: true},
	{Name: "server's certificate not trusted", Class: Unconnected, Wire: NotTrusted, Says: "certificate is not trusted"},
	{Name: "server's certificate expired", Class: Unconnected, Wire: Expired, Says: "certificate has expired"},
	{Name: "server's certificate for another name", Class: Unconnected, Wire: OtherName, Says: "not for this host name"},
}

var busy = withOnce(
	always(Busy, "429", "429", fakevedauth.Status(429)),
	always(Busy, "429 with Retry-After", "429", fakevedauth.Status(429).RetryAfter(7)).patient(),
	always(Busy, "503", "503", fakevedauth.Status(503)),
	always(Busy, "503 with Retry-After", "503", fakevedauth.Status(503).RetryAfter(2)),
	always(Busy, "503 with an hour's Retry-After", "503", fakevedauth.Status(503).RetryAfter(3600)).patient(),
	always(Busy, "500 that asks to rerun the transaction", "Rerun the transaction", fakevedauth.Rerun()),
)

var unclear = slices.Concat(
	withOnce(
		always(Unclear, "500", "500", fakevedauth.Status(500)),
		always(Unclear, "502", "502", fakevedauth.Status(502)),
		always(Unclear, "502 with Retry-After", "502", fakevedauth.Status(502).RetryAfter(1)),
		always(Unclear, "504", "504", fakevedauth.Status(504)),
		always(Unclear, "504 with Retry-After", "504", fakevedauth.Status(504).RetryAfter(1)),
		always(Unclear, "no answer, connection closed", "closed", fakevedauth.Drop()),
		always(Unclear, "no answer, connection reset", "reset", fakevedauth.Reset()),
		always(Unclear, "no answer, closed before the body was read", "connection", fakevedauth.CloseUnread()),
		always(Unclear, "502", "502", fakevedauth.Status(502)).committed(),
		always(Unclear, "504", "504", fakevedauth.Status(504)).committed(),
		always(Unclear, "no answer, connection closed", "closed", fakevedauth.Drop()).committed(),
		always(Unclear, "no answer, connection reset", "reset", fakevedauth.Reset()).committed(),
	),
	withOnce(
		slow("no answer in time", false, func(release <-chan struct{}) fakevedauth.Fault { return fakevedauth.Drop().Held(release) }),
		slow("no answer in time, after the server has acted", true,
			func(release <-chan struct{}) fakevedauth.Fault { return fakevedauth.Drop().Held(release).AfterCommit() }),
	),
)

func slow(name string, committed bool, fault func(<-chan struct{}) fakevedauth.Fault) Fault {
	return Fault{Name: name, Class: Unclear, Slow: true, Committed: committed, Says: "in time", HTTP: fault}
}

// drops makes an answer too slow to arrive whole: n bytes, and then again n after a pause.
func drops(name string, n int, pause time.Duration, readable bool) Fault {
	f := damage(name, "in time", readable, false, fakevedauth.Drip(n, pause))
	f.Slow = true
	return f
}

const (
	mebibyte = 1 << 20
	// headOnly ends an answer before its access token is whole, and mostTokens behind both tokens.
	headOnly, mostTokens = 20, 110
)

var damaged = slices.Concat(
	withOnce(
		damage("empty", "cannot be used", false, true, fakevedauth.EmptyBody()),
		damage("cut off early, announced in full", "closed", false, false, fakevedauth.Truncate(headOnly)),
		damage("cut off early", "cannot be used", false, true, fakevedauth.TruncateQuietly(headOnly)),
		damage("more than announced", "cannot be used", false, true, fakevedauth.Overrun(headOnly)),
	),
	[]Fault{
		damage("cut off late, announced in full", "closed", true, false, fakevedauth.Truncate(-1)),
		damage("cut off late", "cannot be used", true, true, fakevedauth.TruncateQuietly(-1)),
		damage("text behind", "cannot be used", true, true, fakevedauth.Trailing("<!-- a proxy was here -->")),
		damage("wrong types", "cannot be used", true, true, fakevedauth.WrongTypes()),
		damage("gzip bomb", "larger than 1 MiB", true, true, fakevedauth.GzipBomb(8*mebibyte)),
		damage("5 MB", "larger than 1 MiB", true, true, fakevedauth.Padded(5*mebibyte)),
		drops("the answer comes in drops, too slowly", headOnly/4, 700*time.Millisecond, false),
		drops("the answer comes in drops, too slowly, its tokens first", mostTokens, time.Minute, true),
	},
)

var foreign = []Fault{
	always(Foreign, "redirect to another host", "redirect to https://elsewhere.example.com", fakevedauth.Redirect(302, elsewhere)),
	always(Foreign, "redirect that keeps the method", "redirect to https://elsewhere.example.com", fakevedauth.Redirect(307, elsewhere)),
	always(Foreign, "404", "no vedauth at this address", fakevedauth.Status(404)),
	always(Foreign, "405", "does not take this kind of request", fakevedauth.Status(405)),
	always(Foreign, "413", "too large", fakevedauth.Status(413)),
	always(Foreign, "418", "418", fakevedauth.Status(418)),
	always(Foreign, "web page with 200", `web page titled "Sign in"`, fakevedauth.HTML(200, "Sign in")),
	page(401), page(403),
}

// page is a refusal by something in front of the server.
func page(status int) Fault {
	name := map[int]string{401: "web page with 401", 403: "web page with 403"}[status]
	f := always(Refused, name, `web page titled "Denied"`, fakevedauth.HTML(status, "Denied"))
	f.Status = status
	return f
}

func withOnce(list ...Fault) []Fault {
	for _, f := range slices.Clone(list) {
		list = append(list, f.once())
	}
	return list
}
