package bench

import (
	"fmt"
	"html"
	"strings"
)

// barOf is one bar of the plot.
type barOf struct {
	title   string
	seconds float64
	// ours is drawn in another colour.
	ours bool
}

func (r *Results) barsOf() []barOf {
	var list []barOf
	for _, c := range planCases() {
		if series := r.Series[c.name]; len(series) > 0 {
			list = append(list, barOf{strings.ReplaceAll(c.title, "`", ""), series.Median(), c.ours})
		}
	}
	return list
}

func longest(list []barOf) (seconds float64) {
	for _, b := range list {
		seconds = max(seconds, b.seconds)
	}
	return seconds
}

// Plot draws the time of each plan, as an SVG file.
func (r *Results) Plot() string {
	const row, left, width, right = 22, 430, 360, 90
	list := r.barsOf()
	var text strings.Builder
	height := row*len(list) + 40
	fmt.Fprintf(&text, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		left+width+right, height)
	fmt.Fprintf(&text, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", left+width+right, height)
	fmt.Fprintf(&text, `<text x="8" y="20" font-weight="bold">terraform plan, milliseconds (median)</text>`+"\n")
	for i, b := range list {
		y := 30 + row*i
		colour := "#9aa5b1"
		if b.ours {
			colour = "#2f6f9f"
		}
		length := b.seconds / longest(list) * width
		fmt.Fprintf(&text, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+15, html.EscapeString(b.title))
		fmt.Fprintf(&text, `<rect x="%d" y="%d" width="%.1f" height="16" fill="%s"/>`, left, y+2, length, colour)
		fmt.Fprintf(&text, `<text x="%.1f" y="%d">%.0f</text>`+"\n", left+length+6, y+15, b.seconds*1000)
	}
	text.WriteString("</svg>\n")
	return text.String()
}

// textPlot is the same for pages that show no pictures.
func (r *Results) textPlot() string {
	const width = 40
	list := r.barsOf()
	var text strings.Builder
	text.WriteString("```text\n")
	for _, b := range list {
		length := max(1, int(b.seconds/longest(list)*width+0.5))
		fmt.Fprintf(&text, "%-66s %6.0f ms %s\n", b.title, b.seconds*1000, strings.Repeat("█", length))
	}
	text.WriteString("```\n")
	return text.String()
}
