package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// read makes a token of an answer: the status first, since an error page is no JSON. Nothing of the body gets into
// an error.
func (c call) read(
	response *http.Response, target *url.URL, bearer secret.String, timeout time.Duration,
) (secret.String, bool, *Error) {
	status, length := response.StatusCode, int64(maxToken+1)
	if status == http.StatusSwitchingProtocols {
		length = 0 // not a body but the bare connection, of which no deadline ends the reading
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, length))
	if err != nil {
		return secret.String{}, true, c.networkError(err, target, timeout)
	}
	switch {
	case status >= 300 && status < 400:
		what := fmt.Sprintf("answered %d and sent the request elsewhere%s, which is not followed, since the request "+
			"carries a token", status, redirectHost(response, bearer))
		return secret.String{}, false, c.fail(what, c.advise(status, body))
	case status != http.StatusOK && status != http.StatusCreated:
		what := fmt.Sprintf("answered %d %s", status, http.StatusText(status))
		return secret.String{}, status >= 500, c.fail(what, c.advise(status, body))
	case len(body) > maxToken:
		return secret.String{}, false, c.fail("answered with more than 1 MiB", "Something else answers at that address: "+
			"check "+c.urlVariable+" and the proxy.")
	}
	token, problem := member(body, c.field)
	if problem != "" {
		return secret.String{}, false, c.fail(fmt.Sprintf("answered %d, but %s", status, problem),
			"Something else may answer at that address: check "+c.urlVariable+" and the proxy.")
	}
	return token, false, nil
}

// member returns the text in that member of a JSON object, or what is wrong instead.
func member(body []byte, name string) (token secret.String, problem string) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return secret.String{}, "without any content"
	case body[0] == '<':
		return secret.String{}, "with a web page instead of JSON"
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return secret.String{}, "not with a JSON object"
	}
	raw, found := object[name]
	if !found {
		return secret.String{}, fmt.Sprintf("the JSON has no %q", name)
	}
	var value *string
	if err := json.Unmarshal(raw, &value); err != nil {
		return secret.String{}, fmt.Sprintf("%q in the JSON is not text", name)
	}
	if value == nil || trim(*value) == "" {
		return secret.String{}, fmt.Sprintf("%q in the JSON is empty", name)
	}
	return secret.New(trim(*value)), ""
}

// redirectHost names the host that a redirect points to, never its path or query; nor a host that repeats a part of
// what was sent.
func redirectHost(response *http.Response, bearer secret.String) string {
	location, err := response.Location()
	if err != nil || location.Hostname() == "" || quotes(location.Hostname(), bearer) {
		return ""
	}
	return fmt.Sprintf(" (%s)", show(location.Hostname()))
}
