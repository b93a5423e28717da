package tokenstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// full is an entry with every field set.
func full() *entry {
	e := newEntry(testKey)
	e.Generation, e.SavedAt = 17, start
	e.markSpent(secret.New("seed-Zq=="))
	e.Tokens = &pair{
		AccessToken: kept{secret.New("access-Zq==")}, RefreshToken: kept{secret.New("refresh-Zq==")}, TokenType: "Bearer",
		Scope: "certificate:manage", Identity: "local:{a3f32838}", Issued: start, AccessExpires: start.Add(life),
		Expires: start.Unix(), RefreshUntil: start.Unix(),
	}
	e.Intent = &Intent{Op: opRefresh, Generation: 17, At: start, PID: 4711, Host: "runner-3"}
	e.Intent.Before = &Intent{Op: opSeed, Seed: "x"}
	e.Lost = &Loss{At: start, Reason: "It is gone."}
	return e
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	e := full()
	data, err := e.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"access-Zq==", "refresh-Zq=="} {
		if !bytes.Contains(data, []byte(token)) {
			t.Errorf("%s is not in the file", token)
		}
	}
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.encode()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%v: %s", err, again)
	}
	if !got.spent(secret.New("seed-Zq==")) || got.spent(secret.New("other")) {
		t.Error("the spent seed was not recognised")
	}
	if !got.Tokens.RefreshToken.Equal(e.Tokens.RefreshToken.String) || got.Intent.PID != 4711 {
		t.Errorf("decoded %+v", got)
	}
}

// TestNoFormOfAnEntryShowsATokenButTheFile: entries pass through errors and logs like anything else.
func TestNoFormOfAnEntryShowsATokenButTheFile(t *testing.T) {
	t.Parallel()
	e := full()
	values := []any{e, *e, e.Tokens, *e.Tokens, e.grant(), &Lease{Grant: e.grant()}, Seed{Value: secret.New("s-Zq==")}}
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if printed := fmt.Sprintf(verb, value); strings.Contains(printed, "Zq==") || strings.Contains(printed, "5a713d3d") {
				t.Errorf("%T by %s: %s", value, verb, printed)
			}
		}
	}
}

// TestUnknownFieldsAreKept: in every record, and also when their names differ from known ones in case only.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	data, err := full().encode()
	if err != nil {
		t.Fatal(err)
	}
	unknown := `"later": {"a": [1, 2.50]}, "TOKENS": 1, "Access_Token": 2,`
	text := strings.ReplaceAll(string(data), "{\n", "{"+unknown+"\n")
	e, err := decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	next := *e
	next.Generation++
	next.Tokens = newPair(Tokens{AccessToken: secret.New("next")}, start)
	next.Tokens.inherit(e.Tokens)
	data, err = next.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"later"`, `"TOKENS": 1`, `"Access_Token": 2`, "2.50"} {
		if got := strings.Count(string(data), want); got != 5 {
			t.Errorf("%s: %d times, want once in each of five records", want, got)
		}
	}
	if !strings.Contains(string(data), `"generation": 18`) || !strings.Contains(string(data), `"access_token": "next"`) {
		t.Errorf("the known fields got lost: %s", data)
	}
}

func TestWhatIsNotAnEntry(t *testing.T) {
	t.Parallel()
	good, err := full().encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string { return strings.Replace(string(good), from, to, 1) }
	tests := map[string]struct {
		content string
		want    error
	}{
		"empty":               {"", errCorrupt},
		"cut off":             {string(good[:len(good)/2]), errCorrupt},
		"twice":               {string(good) + string(good), errCorrupt},
		"no version":          {change(`"version": 1`, `"v": 1`), errCorrupt},
		"version in capitals": {change(`"version": 1`, `"VERSION": 1`), errCorrupt},
		"version 0":           {change(`"version": 1`, `"version": 0`), errCorrupt},
		"version 2":           {change(`"version": 1`, `"version": 2`), errNewer},
		"a later form":        {`{"version": 99, "tokens": 5}`, errNewer},
		"a number as token":   {change(`"access-Zq=="`, `123456789`), errCorrupt},
		"no salt":             {change(`"salt": "`, `"salt": "", "x": "`), errCorrupt},
		"no tokens in a pair": {change(`"access_token": "access-Zq=="`, `"a": 1`), nil},
		"a date that is none": {change(`2030-01-02`, `2030-13-02`), errCorrupt},
		"blanks behind":       {string(good) + string(blanks(4096)), nil},
	}
	for name, test := range tests {
		_, err := decode([]byte(test.content))
		if !errors.Is(err, test.want) || err == nil != (test.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "12345") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}

func TestSeedMemoryIsBounded(t *testing.T) {
	t.Parallel()
	e := newEntry(testKey)
	for i := range 2 * maxSeeds {
		e.markSpent(secret.New(fmt.Sprint("seed", i)))
		e.markSpent(secret.New(fmt.Sprint("seed", i)))
	}
	last := secret.New(fmt.Sprint("seed", 2*maxSeeds-1))
	if len(e.Seeds) != maxSeeds || !e.latestSeed(last) || e.spent(secret.New("seed0")) {
		t.Errorf("%d seeds", len(e.Seeds))
	}
	other := newEntry(testKey)
	if e.seedID(secret.New("seed")) == other.seedID(secret.New("seed")) {
		t.Error("two files remember a seed in the same way")
	}
}

// FuzzDecode: no content makes the reader panic, quote it, or lose something between reading and writing.
func FuzzDecode(f *testing.F) {
	good, err := full().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Replace(good, []byte(`"version": 1`), []byte(`"version": 1, "Version": 3, "later": [null, 4e2711]`), 1))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"server":"s","client_id":"c","name":"n","salt":"AAAAAAAAAAAAAAAAAAAAAA==","tokens":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(data)
		if err != nil {
			if text := err.Error(); text != errCorrupt.Error() && !strings.HasPrefix(text, errNewer.Error()+": ") {
				t.Fatalf("error %q", text)
			}
			return
		}
		written, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(written)
		if err != nil {
			t.Fatalf("cannot read what was written: %v: %s", err, written)
		}
		if a, b := plainForm(t, e), plainForm(t, again); !reflect.DeepEqual(a, b) {
			t.Fatalf("changed on the way:\n%v\n%v", a, b)
		}
		e.Tokens.safeForUse(t)
	})
}

func plainForm(t *testing.T, e *entry) any {
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var form any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // an unknown field may hold any number
	if err := decoder.Decode(&form); err != nil {
		t.Fatal(err)
	}
	return form
}

// safeForUse runs what the store does with a pair that it has read.
func (p *pair) safeForUse(t *testing.T) {
	if p == nil {
		return
	}
	if p.fresh(start, time.Hour) && p.AccessToken.Empty() {
		t.Fatal("fresh without a token")
	}
	_ = p.ended(start)
}
