package refusal_test

import (
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/refusal"
)

// TestEveryAnswerFindsItsRow: each wording of the table, as a server would send it, leads back to a row that says the
// same, whether the words come in the body or in the reason phrase.
func TestEveryAnswerFindsItsRow(t *testing.T) {
	t.Parallel()
	fill := strings.NewReplacer("[identity]", "local:{a3f32838}", "[error]", "the moon is full", "[scope]", "'certificate:delete'")
	for _, row := range refusal.Table {
		for _, endpoint := range row.Endpoints {
			for _, answer := range row.Answers {
				text := fill.Replace(answer.Text)
				for carrier, got := range map[string]refusal.Row{
					"body":   refusal.Lookup(endpoint, answer.Status, answer.Code, text, "Bad Request"),
					"reason": refusal.Lookup(endpoint, answer.Status, answer.Code, "", text),
				} {
					if got.ID != row.ID {
						t.Errorf("%s %d %q %q in the %s: row %q, want %q", endpoint, answer.Status, answer.Code, text, carrier, got.ID, row.ID)
					}
				}
			}
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range refusal.Table {
		if seen[row.ID] {
			t.Errorf("%s: twice", row.ID)
		}
		seen[row.ID] = true
		if row.Class == "" || len(row.Endpoints) == 0 || len(row.Answers) == 0 {
			t.Errorf("%s: incomplete", row.ID)
		}
		for name, sentence := range map[string]string{"Cause": row.Cause, "Next": row.Next} {
			if !strings.HasSuffix(sentence, ".") || strings.ToUpper(sentence[:1]) != sentence[:1] {
				t.Errorf("%s: %s is not a sentence: %q", row.ID, name, sentence)
			}
		}
		if found, ok := refusal.ByID(row.ID); !ok || found.ID != row.ID {
			t.Errorf("%s: ByID does not find it", row.ID)
		}
	}
	if _, ok := refusal.ByID("no such row"); ok {
		t.Error("ByID found a row that does not exist")
	}
}

func TestAnUnknownAnswerHasARow(t *testing.T) {
	t.Parallel()
	row := refusal.Lookup(refusal.OAuth, 418, "teapot", "short and stout", "I'm a teapot")
	if row.ID != "other" || row.Class != refusal.Unknown || row.Next == "" {
		t.Errorf("got %+v", row)
	}
}

// TestTheLongestTextWins: a text that contains another one must not be explained by the shorter.
func TestTheLongestTextWins(t *testing.T) {
	t.Parallel()
	row := refusal.Lookup(refusal.OAuth, 403, "", "", "Failed to issue grant: User is not authorized for the requested scope")
	if row.ID != "scope-not-authorized" {
		t.Errorf("row %q", row.ID)
	}
}
