package bench

import (
	"fmt"
	"math"
	"strings"
)

// Markdown is what was measured, for readers: the bars, the plans, and with what and where.
func (r *Results) Markdown() string {
	parts := []string{r.circumstances(), r.judgement(), r.plans(), r.textPlot(), r.others(), r.weights()}
	return strings.Join(parts, "\n")
}

func (r *Results) circumstances() string {
	text := fmt.Sprintf("Measured with %s on %s. Medians of %d rounds, in each of which everything was measured in turns; "+
		"in brackets the range of the middle half of the rounds.\n", r.Versions, r.Machine, r.Rounds)
	for _, name := range r.Missing {
		text += fmt.Sprintf("\n`hashicorp/%s` could not be had when this was measured, and is missing.\n", name)
	}
	return text
}

// judgement holds each bar against what was measured.
func (r *Results) judgement() string {
	var text strings.Builder
	text.WriteString("### What is to be reached\n\n| figure | measured | at most | |\n|---|---|---|---|\n")
	for _, b := range bars {
		ratio := b.measure(r)
		fmt.Fprintf(&text, "| %s | %s | %.2f | %s |\n", b.figure, ratio, b.most, verdict(ratio.Value, b.most))
	}
	fmt.Fprintf(&text, "| program for linux/amd64, without symbols | %s | %s | %s |\n",
		megabytes(float64(r.Size)), megabytes(mostSize), verdict(float64(r.Size), mostSize))
	return text.String()
}

// verdict rounds as the table does, so that no reader sees a figure that contradicts it.
func verdict(measured, most float64) string {
	switch {
	case math.IsNaN(measured):
		return "not measured"
	case math.Round(measured*100) <= math.Round(most*100):
		return "reached"
	default:
		return "not reached"
	}
}

// String is the ratio with its spread.
func (r Ratio) String() string {
	if math.IsNaN(r.Value) {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Value, r.Low, r.High)
}

// plans lists the time of each plan.
func (r *Results) plans() string {
	var text strings.Builder
	text.WriteString("### `terraform plan`\n\n| what is planned | time | processor time | / empty provider with as many blocks |\n|---|---|---|---|\n")
	for _, c := range planCases() {
		series := r.Series[c.name]
		if len(series) == 0 {
			continue
		}
		ratio := ""
		if base := r.Series[c.base]; len(base) > 0 {
			ratio = series.over(base).String()
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", c.title, milliseconds(series), milliseconds(r.Series[c.name+cpuMark]), ratio)
	}
	return text.String()
}

// others lists what is no plan.
func (r *Results) others() string {
	var text strings.Builder
	text.WriteString("### Starts, calls, memory\n\n| what | vedauth | compared with | ratio |\n|---|---|---|---|\n")
	for _, row := range []struct {
		what, ours, base, beside string
		write                    func(Series) string
	}{
		{"start of the provider, to its handshake", startOurs, startEmpty, "empty provider", milliseconds},
		{"login", callAuthorize, callBare, "bare POST", milliseconds},
		{"peak memory of the provider, 1 token", peakOurs, peakEmpty, "empty provider", func(s Series) string { return megabytes(s.Median()) }},
	} {
		ours, base := r.Series[row.ours], r.Series[row.base]
		if len(ours) == 0 {
			continue
		}
		fmt.Fprintf(&text, "| %s | %s | %s: %s | %s |\n", row.what, row.write(ours), row.beside, row.write(base), ours.over(base))
	}
	return text.String()
}

// weights says where the size of the program comes from.
func (r *Results) weights() string {
	return "### What the program is made of\n\nWhat each module adds to the program, beside an empty provider:\n\n" + WeightTable(r.Weights)
}

func milliseconds(s Series) string {
	low, high := s.MiddleHalf()
	digits := 0
	if s.Median() < 0.01 {
		digits = 2
	}
	return fmt.Sprintf("%.*f ms (%.*f–%.*f)", digits, s.Median()*1000, digits, low*1000, digits, high*1000)
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }
