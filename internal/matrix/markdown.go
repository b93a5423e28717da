package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// columns are the calls as a reader knows them, each by the grant that stands for all that make it.
var columns = []struct {
	title string
	grant Grant
	call  Call
}{
	{"Asking for a token with a password, a certificate, a Windows account or a JWT", OAuth, Token},
	{"Refreshing a stored grant, or exchanging a device code", Refreshed, Spend},
	{"Opening the token store, for any of these", Refreshed, Keep},
	{"Logging on with `mechanism = \"kerberos\"`", Kerberos, Logon},
	{"Logging on with `mechanism = \"auto\"` and a `user@REALM`", AutoLogon, Logon},
	{"A device login that the person has confirmed", Device, Poll},
	{"Looking at a token", Info, Verify},
	{"Revoking a grant when its block closes", OAuth, Revoke},
	{"Refreshing a token that has expired, to be able to revoke its grant", OAuth, Renew},
	{"Asking a pipeline's identity service for a JWT", GitHub, Identity},
}

// refusalsTitle stands for all refusals by vedauth itself.
const refusalsTitle = "400, 401 or 403 from vedauth"

// Markdown is one table for each call, for readers, and the cases in which a promise cannot be kept.
func Markdown() string {
	var text strings.Builder
	for _, column := range columns {
		fmt.Fprintf(&text, "### %s\n\n| what happens | when |\n|---|---|\n", column.title)
		for _, r := range rowsOf(column.grant, column.call) {
			fmt.Fprintf(&text, "| %s | %s |\n", r.outcome, strings.Join(r.names(), "; "))
		}
		text.WriteString("\n")
	}
	text.WriteString("### What cannot be helped\n\n")
	for _, why := range reasons() {
		text.WriteString("- " + why + "\n")
	}
	return text.String()
}

// row is an outcome, with the faults that lead to it.
type row struct {
	outcome string
	faults  []string
}

// names are the faults, those that end alike whether they strike once or always only once.
func (r row) names() []string {
	var names []string
	for _, name := range r.faults {
		always, isOnce := strings.CutSuffix(name, onceMark)
		if !isOnce || !slices.Contains(r.faults, always) {
			names = append(names, name)
		}
	}
	return names
}

func rowsOf(grant Grant, call Call) []row {
	var rows []row
	add := func(outcome, fault string) {
		i := slices.IndexFunc(rows, func(r row) bool { return r.outcome == outcome })
		if i < 0 {
			i, rows = len(rows), append(rows, row{outcome: outcome})
		}
		if !slices.Contains(rows[i].faults, fault) {
			rows[i].faults = append(rows[i].faults, fault)
		}
	}
	for _, c := range Cells() {
		if c.Grant != grant || c.Call != call {
			continue
		}
		name := c.Fault.Name
		if c.Fault.Row.ID != "" {
			name = refusalsTitle
		} else if c.Fault.Brief != "" {
			name = c.Fault.Brief
		}
		add(phrase(c, Expect(c)), name)
	}
	return rows
}

// reasons are why promises cannot be kept, each once.
func reasons() []string {
	var all []string
	for _, c := range Cells() {
		if why := CannotHold(c); why != "" && !slices.Contains(all, why) {
			all = append(all, why)
		}
	}
	return all
}
