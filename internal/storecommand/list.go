package storecommand

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/tokenstore"
)

// list describes every stored grant, one in a line, without its secrets.
func list(_ context.Context, arguments []string, m Machine) error {
	o := newOptions("list", "Lists the grants that are kept in the token store.", m)
	if err := o.parse(arguments); err != nil {
		return err
	}
	store, err := o.open(m.Now)
	if err != nil {
		return err
	}
	grants, err := store.List()
	if err != nil {
		return err
	}
	if len(grants) == 0 {
		m.say("No grants are stored in %s.\n", store.Dir())
		return nil
	}
	table := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SERVER\tCLIENT_ID\tNAME\tSCOPE\tGRANT ENDS\tSTATE") // Flush reports what fails
	for _, grant := range grants {
		if grant.Err != nil {
			m.say("Warning: %v\n", grant.Err)
			continue
		}
		_, _ = fmt.Fprintf(
			table,
			"%s\t%s\t%s\t%s\t%s\t%s\n",
			plain(grant.Key.Server),
			plain(grant.Key.ClientID),
			plain(grant.Key.Name),
			plain(grant.Scope),
			date(grant.RefreshUntil),
			state(grant),
		)
	}
	return table.Flush()
}

// state says in a few words what a grant is good for.
func state(grant tokenstore.Status) string {
	switch {
	case grant.Lost != nil && !grant.Stored:
		return "lost"
	case !grant.Stored:
		return "not usable"
	case grant.Intent != nil:
		return "refresh under way or interrupted"
	case grant.CanRefresh && grant.Usable():
		return "usable"
	case grant.Usable():
		return "usable until its access token ends"
	default:
		return "ended"
	}
}

func date(at time.Time) string {
	if at.IsZero() {
		return "unknown"
	}
	return at.UTC().Format(time.RFC3339)
}
