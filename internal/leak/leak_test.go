package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// A password with everything that some format escapes.
const nasty = `pa"ss<w>ör\d/&+ 100%|✓`

func searcher(t *testing.T, values ...string) *Searcher {
	t.Helper()
	var secrets []Secret
	for i, value := range values {
		secrets = append(secrets, Secret{Name: fmt.Sprintf("secret %d", i), Value: secret.New(value)})
	}
	s, err := New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func search(t *testing.T, s *Searcher, data string) []Hit {
	t.Helper()
	hits, err := s.Bytes("here", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func TestFindsEveryForm(t *testing.T) {
	t.Parallel()
	plainJSON, err := json.Marshal(map[string]string{"password": nasty})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := json.Marshal(map[string]string{"body": string(plainJSON)})
	if err != nil {
		t.Fatal(err)
	}
	basic := base64.StdEncoding.EncodeToString([]byte("alice:" + nasty + "\n"))
	cases := map[string]struct{ data, form string }{
		"as it is":            {"x" + nasty + "y", "as it is"},
		"JSON":                {string(plainJSON), "as JSON"},
		"JSON, slash escaped": {`{"password":"pa\"ss<w>ör\\d\/&+ 100%|✓"}`, "as JSON"},
		"JSON in JSON":        {string(twice), "as JSON in JSON"},
		"Go's quoted form":    {fmt.Sprintf("%+q", nasty), "in a quoted string"},
		"form":                {url.Values{"p": {nasty}}.Encode(), "in a URL"},
		"path":                {"https://tpp.example.com/" + url.PathEscape(nasty), "in a URL"},
		"lower case":          {strings.ToLower(url.QueryEscape(nasty)), "in a URL"},
		"basic":               {"Authorization: Basic " + basic, "as base64"},
		"hex":                 {fmt.Sprintf("%x", nasty), "in hexadecimal"},
		"HEX":                 {fmt.Sprintf("%X", nasty), "in hexadecimal"},
		"wrapped":             {"│ the password pa\"ss<w>ö\n│ r\\d/&+ 100%|✓ is\n", "wrapped into lines"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hits := search(t, searcher(t, nasty, "another secret"), test.data)
			if !strings.Contains(fmt.Sprint(hits), "secret 0, "+test.form) {
				t.Errorf("%q: found %v, want the form %q", test.data, hits, test.form)
			}
			if strings.Contains(fmt.Sprint(hits), "secret 1") {
				t.Errorf("found what is not there: %v", hits)
			}
		})
	}
}

func TestFindsBase64AtEveryPlace(t *testing.T) {
	t.Parallel()
	s := searcher(t, "correct-horse-battery")
	for before := range 7 {
		for after := range 4 {
			text := strings.Repeat("b", before) + "correct-horse-battery" + strings.Repeat("a", after)
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
				if hits := search(t, s, encoding.EncodeToString([]byte(text))); len(hits) == 0 {
					t.Errorf("%d before, %d after: not found", before, after)
				}
			}
		}
	}
}

func TestFindsNothingWhereNothingIs(t *testing.T) {
	t.Parallel()
	s := searcher(t, nasty, "KJRcP2EbQ0CvbKRHVm3+PQ==")
	for _, data := range []string{"", "password", nasty[1:], "KJRcP2EbQ0CvbKRHVm3+P", `{"access_token":"(sensitive)"}`} {
		if hits := search(t, s, data); len(hits) > 0 {
			t.Errorf("%q: found %v", data, hits)
		}
	}
}

func TestCheckPlantsEveryForm(t *testing.T) {
	t.Parallel()
	for _, value := range []string{nasty, "KJRcP2EbQ0CvbKRHVm3+PQ==", "plain-password", "multi\nline\nsecret"} {
		if err := searcher(t, value).Check(); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestCheckFailsIfTheSearchIsBlind(t *testing.T) {
	t.Parallel()
	s := searcher(t, "plain-password")
	wanted := s.needles[0]
	s.needles = s.needles[1:]
	err := s.finds(wanted, "text", []byte("plain-password"))
	if err == nil || !strings.Contains(err.Error(), "does not find a planted secret 0 as it is in text") {
		t.Errorf("error %v", err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s, folder := searcher(t, "plain-password"), t.TempDir()
	packed, err := pack([]byte("x plain-password"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"clean.txt":         []byte("nothing"),
		"sub/state.json":    []byte(`{"token":"plain-password"}`),
		"plan.gz":           packed[0],
		"plan.zip":          packed[1],
		"plain-password.md": nil,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hits, err := s.Files(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := fmt.Sprint(hits)
	for _, want := range []string{
		"state.json: secret 0, as it is, at byte 10", "plan.gz!gz: ", "plan.zip!outer.zip!inner.txt: ",
		"plain-password.md (its name): ",
	} {
		if !strings.Contains(filepath.ToSlash(found), want) {
			t.Errorf("%q is missing in %s", want, found)
		}
	}
	if len(hits) != 4 {
		t.Errorf("%d hits: %s", len(hits), found)
	}
}

func TestDamagedArchivesAreErrors(t *testing.T) {
	t.Parallel()
	s := searcher(t, "plain-password")
	packed, err := pack([]byte(strings.Repeat("text ", 100)))
	if err != nil {
		t.Fatal(err)
	}
	deep := []byte("text")
	for range maximumDepth + 1 {
		if deep, err = archive("member", deep); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{
		"half a gzip file": packed[0][:len(packed[0])/2], "half an archive": packed[1][:len(packed[1])/2],
		"the beginning of a gzip file": []byte("\x1f\x8b"), "too deep": deep,
	} {
		if _, err := s.Bytes(name, data); err == nil || !strings.Contains(err.Error(), "cannot look into "+name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := s.Files(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing folder is no error")
	}
}

func TestNewRefusesWhatCannotBeSearchedFor(t *testing.T) {
	t.Parallel()
	for want, secrets := range map[string][]Secret{
		"no secret to search for": nil,
		"has no name":             {{Value: secret.New("long enough")}},
		"the PIN is too short":    {{Name: "the PIN", Value: secret.New("1234567")}},
		"the token is too short":  {{Name: "the token"}},
	} {
		if _, err := New(secrets...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestHitsDoNotShowTheSecret(t *testing.T) {
	t.Parallel()
	hits := search(t, searcher(t, "plain-password"), "x plain-\npassword, plain-password")
	if len(hits) == 0 || bytes.Contains(fmt.Appendf(nil, "%+v %#v", hits, hits), []byte("plain-password")) {
		t.Errorf("%+v", hits)
	}
}
