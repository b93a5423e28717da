package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// chapter is a group of refusals of one class.
type chapter struct {
	Title string
	Rows  []entry
}

// entry is one refusal as the page shows it.
type entry struct {
	// Heading holds the server's own words, which is what a reader searches for.
	Heading string
	// Where names the types that can meet it, and Answers all of the server's wordings.
	Where, Answers, Cause, Next string
}

// titles are the chapters in the order of the page.
var titles = []struct {
	class refusal.Class
	title string
}{
	{refusal.Credentials, "The credentials"},
	{refusal.Permission, "The user's permission"},
	{refusal.Scope, "The scope"},
	{refusal.Client, "The client ID"},
	{refusal.Disabled, "A way that the server does not offer"},
	{refusal.Grant, "Refresh tokens and device codes"},
	{refusal.Bearer, "Access tokens"},
	{refusal.Pending, "Not a refusal yet"},
	{refusal.Unknown, "Anything else"},
}

// callers names the types that make each call.
var callers = map[refusal.Endpoint][]string{
	refusal.OAuth:       {"`vedauth_oauth_token`"},
	refusal.Certificate: {"`vedauth_certificate_token`"},
	refusal.Integrated:  {"`vedauth_integrated_token`"},
	refusal.JWT:         {"`vedauth_jwt_token`"},
	refusal.Device:      {"`vedauth_device_token`"},
	refusal.Token:       {"`vedauth_refreshed_token`", "`vedauth_device_token`"},
	refusal.Verify:      {"`vedauth_token_info`"},
	refusal.Revoke:      {"the revocation at the end of a run"},
}

// chapters sorts the table into chapters.
func chapters() []chapter {
	var list []chapter
	for _, t := range titles {
		c := chapter{Title: t.title}
		for _, row := range refusal.Table {
			if row.Class == t.class {
				c.Rows = append(c.Rows, newEntry(row))
			}
		}
		if t.class == refusal.Unknown {
			other := refusal.Lookup("", 0, "", "", "")
			c.Rows = append(c.Rows, entry{Heading: "An answer that is not on this page", Cause: other.Cause, Next: other.Next})
		}
		list = append(list, c)
	}
	return list
}

func newEntry(row refusal.Row) entry {
	return entry{Heading: heading(row), Where: where(row), Answers: answers(row), Cause: row.Cause, Next: row.Next}
}

// heading is the first text of a row, or its code or status where the server says no more.
func heading(row refusal.Row) string {
	first := row.Answers[0]
	switch {
	case first.Text != "":
		return first.Text
	case first.Code != "":
		return fmt.Sprintf("`%s`%s", first.Code, among(row))
	default:
		return fmt.Sprintf("%d without a reason%s", first.Status, among(row))
	}
}

// among tells rows apart that have the same code.
func among(row refusal.Row) string {
	first := row.Answers[0]
	for _, other := range refusal.Table {
		same := other.Answers[0].Text == "" && other.Answers[0].Code == first.Code
		if same && other.ID != row.ID && first.Code != "" {
			return " from " + where(row)
		}
	}
	return ""
}

// where names the types that can meet a row. Authorize/Token serves two of them; a row for one says so in its ID.
func where(row refusal.Row) string {
	other := map[string]string{"device": "`vedauth_refreshed_token`", "refresh": "`vedauth_device_token`"}
	kind, _, _ := strings.Cut(row.ID, "-")
	var names []string
	for _, endpoint := range row.Endpoints {
		for _, name := range callers[endpoint] {
			if !slices.Contains(names, name) && name != other[kind] {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// answers lists the wordings of a row, each once.
func answers(row refusal.Row) string {
	var list []string
	for _, a := range row.Answers {
		text := fmt.Sprint(a.Status)
		if a.Code != "" {
			text += " `" + a.Code + "`"
		}
		if a.Text != "" && a.Text != row.Answers[0].Text {
			text += " “" + a.Text + "”"
		}
		if a.Dialect == refusal.Legacy {
			text += " (older servers)"
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return strings.Join(list, "; ")
}
