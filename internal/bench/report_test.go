package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

func TestSeries(t *testing.T) {
	t.Parallel()
	s := Series{5, 1, 3, 2, 4}
	if low, high := s.MiddleHalf(); s.Median() != 3 || low != 2 || high != 4 {
		t.Errorf("median %v, middle half %v to %v", s.Median(), low, high)
	}
	if even := (Series{1, 2}).Median(); even != 1.5 {
		t.Errorf("median of an even number %v", even)
	}
	if !math.IsNaN(Series(nil).Median()) {
		t.Error("nothing has a median")
	}
	if r := s.over(s.plus(5)); r.Value != 3.0/8 || r.Low != 2.0/7 || r.High != 4.0/9 {
		t.Errorf("ratio %+v", r)
	}
}

// measured is a result in which vedauth needs factor times as much as what it is compared with.
func measured(factor float64) *Results {
	r := &Results{Series: map[string]Series{}, Size: int64(factor * mostSize), Rounds: 3, Machine: "a machine", Versions: "versions"}
	for _, c := range planCases() {
		r.Series[c.name], r.Series[c.name+cpuMark] = Series{1, 1, 1}, Series{1, 1, 1}
		if c.ours {
			r.Series[c.name] = Series{factor, factor, factor}
		}
	}
	r.Series[oursDistinctSlow] = Series{2 * factor, 2 * factor, 2 * factor} // its base is a second longer
	for _, name := range []string{startOurs, peakOurs, callAuthorize} {
		r.Series[name] = Series{factor, factor, factor}
	}
	for _, name := range []string{startEmpty, peakEmpty, callBare} {
		r.Series[name] = Series{1, 1, 1}
	}
	return r
}

func TestBars(t *testing.T) {
	t.Parallel()
	rows := len(bars) + 1
	if text := measured(1).Markdown(); strings.Count(text, "| reached |") != rows {
		t.Errorf("not all %d are reached:\n%s", rows, text)
	}
	if text := measured(1.2).Markdown(); strings.Count(text, "| not reached |") != rows {
		t.Errorf("not all %d are missed:\n%s", rows, text)
	}
	gone := measured(1)
	delete(gone.Series, releasedHTTP)
	gone.Missing = []string{"http"}
	if text := gone.Markdown(); strings.Contains(text, "not measured") || !strings.Contains(text, "`hashicorp/http` could not be had") {
		t.Errorf("one of two is enough, and the other is named:\n%s", text)
	}
	delete(gone.Series, releasedExternal)
	if text := gone.Markdown(); strings.Count(text, "| – | 1.00 | not measured |") != 1 {
		t.Errorf("what was not measured counts as something:\n%s", text)
	}
	gone = measured(1) // the faster of the two counts
	gone.Series[releasedHTTP] = Series{0.5, 0.5, 0.5}
	if got := ofTheBest(gone).Value; got != 2 {
		t.Errorf("beside the faster one: %v", got)
	}
}

// TestVerdictIsWhatReadersSee: a figure that is printed as the bar has reached it.
func TestVerdictIsWhatReadersSee(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{1.1049: "reached", 1.1051: "not reached", math.NaN(): "not measured"} {
		if got := verdict(value, 1.10); got != want {
			t.Errorf("%v: %s", value, got)
		}
	}
}

func TestPlotIsXML(t *testing.T) {
	t.Parallel()
	plot := measured(1).Plot()
	decoder, bars := xml.NewDecoder(strings.NewReader(plot)), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, plot)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "rect" {
			bars++
		}
	}
	if want := len(planCases()) + 1; bars != want { // and the background
		t.Errorf("%d rectangles, want %d", bars, want)
	}
}

// TestACaseIsJudged: a plan that does not do on the server what it should is not measured.
func TestACaseIsJudged(t *testing.T) {
	t.Parallel()
	c := planCase{name: "it", grants: 2, ours: true}
	before := fakevedauth.Ledger{Issued: 5, Live: 1}
	for after, good := range map[[2]int]bool{{7, 1}: true, {6, 1}: false, {7, 2}: false} {
		if err := c.judge(before, fakevedauth.Ledger{Issued: after[0], Live: after[1]}); (err == nil) != good {
			t.Errorf("%v: %v", after, err)
		}
	}
}

func TestPackageOf(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[string]string{
		"net/http.(*Server).Serve":                      "net/http",
		"main.main":                                     "main",
		"golang.org/x/net/http2.init":                   "golang.org/x/net/http2",
		"gopkg.in/yaml%2ev3.Marshal":                    "gopkg.in/yaml.v3",
		"slices.SortFunc[go.shape.[]net/http.Cookie,x]": "slices",
		"type:.eq.net/url.Userinfo":                     "net/url",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s: %s, want %s", symbol, got, want)
		}
	}
}
