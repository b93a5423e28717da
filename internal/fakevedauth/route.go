package fakevedauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// handler answers one call. It runs with mu held.
type handler func(s *Server, c *call) reply

// resource is what the server has at a path.
type resource struct {
	method string
	// form: a URL-encoded body is as good as JSON.
	form bool
	// gate, if there is one, answers in place of the server proper, as IIS would. Without mu.
	gate func(s *Server, c *call) *reply
	// prepare, if there is one, does what must not happen under mu.
	prepare func(s *Server, c *call)
	handle  handler
}

// resources are the calls, by their path below /vedauth.
var resources = map[Endpoint]resource{
	OAuth:        {method: http.MethodPost, handle: authorizeOAuth},
	Certificate:  {method: http.MethodPost, gate: certificateGate, handle: authorizeCertificate},
	JWT:          {method: http.MethodPost, prepare: fetchKeys, handle: authorizeJWT},
	Integrated:   {method: http.MethodPost, gate: integratedGate, handle: authorizeIntegrated},
	Device:       {method: http.MethodPost, form: true, handle: authorizeDevice},
	Token:        {method: http.MethodPost, form: true, handle: token},
	Verify:       {method: http.MethodGet, handle: verify},
	Revoke:       {method: http.MethodGet, handle: revokeToken},
	IsAuthServer: {method: http.MethodGet, handle: isAuthServer},
}

// call is a request on its way to its handler.
type call struct {
	*Request
	// fields are the texts of the body.
	fields map[string]string
	// form: they came URL-encoded.
	form bool
	// options as they were when the call came in.
	options Options
	// keys that could sign the JWT of the call, by issuer.
	keys map[string][]verifier
}

// route finds the endpoint of a path, in any case and with any number of slashes; empty if there is none.
func route(path string) Endpoint {
	parts := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return r == '/' })
	if len(parts) < 2 || parts[0] != "vedauth" {
		return ""
	}
	endpoint := Endpoint(strings.Join(parts[1:], "/"))
	switch endpoint {
	case OAuth, Certificate, Integrated, JWT, Device, Token, Verify, Revoke, IsAuthServer:
		return endpoint
	default:
		return ""
	}
}

// dispatch lets the endpoint answer, and with it change the state of the server.
func (s *Server) dispatch(request *Request) reply {
	c := &call{Request: request, options: s.currentOptions()}
	there, ok := resources[request.Endpoint]
	if !ok || c.options.Absent[request.Endpoint] {
		return htmlReply(http.StatusNotFound, statusTitle(http.StatusNotFound))
	}
	if request.Method != there.method {
		return htmlReply(http.StatusMethodNotAllowed, statusTitle(http.StatusMethodNotAllowed)).with("Allow", there.method)
	}
	if there.gate != nil {
		if answer := there.gate(s, c); answer != nil {
			return *answer
		}
	}
	if there.method == http.MethodPost {
		var status int
		c.fields, c.form, status = readFields(request)
		if status == http.StatusUnsupportedMediaType || c.form && !there.form {
			return unsupported()
		} else if status != http.StatusOK {
			return jsonReply(status, errorBody{Error: "invalid_request", Description: "The request is malformed"}, true)
		}
	}
	if there.prepare != nil {
		there.prepare(s, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return there.handle(s, c)
}

func (s *Server) currentOptions() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options
}

func unsupported() reply {
	return htmlReply(http.StatusUnsupportedMediaType, "415 - Unsupported Media Type.")
}

// known are the fields that must be texts; others are not looked at.
var known = map[string]bool{
	"client_id": true, "scope": true, "state": true, "username": true, "password": true, "jwt": true,
	"refresh_token": true, "grant_type": true, "device_code": true,
}

// readFields reads a body strictly: the declared type, one JSON object, names in their exact case, texts for the
// fields the server knows. A null counts as absent.
func readFields(request *Request) (fields map[string]string, form bool, status int) {
	kind, parameters, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil {
		return nil, false, http.StatusUnsupportedMediaType
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, false, http.StatusUnsupportedMediaType
	}
	switch kind {
	case "application/json":
		fields, err = readJSON(request.Body)
	case "application/x-www-form-urlencoded":
		form = true
		fields, err = readForm(request.Body)
	default:
		return nil, false, http.StatusUnsupportedMediaType
	}
	if err != nil {
		return nil, form, http.StatusBadRequest
	}
	return fields, form, http.StatusOK
}

func readJSON(body []byte) (map[string]string, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	var raw map[string]json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, errors.New("null")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	fields := map[string]string{}
	for name, value := range raw {
		var text *string
		if err := json.Unmarshal(value, &text); err != nil && known[name] {
			return nil, err
		}
		if text != nil {
			fields[name] = *text
		}
	}
	return fields, nil
}

func readForm(body []byte) (map[string]string, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for name := range values {
		fields[name] = values.Get(name)
	}
	return fields, nil
}

// isAuthServer answers whether this is a vedauth at all.
func isAuthServer(s *Server, _ *call) reply {
	r := newReply(orStatus(s.options.IsAuthServerStatus, http.StatusOK))
	r.reason = "Venafi Authentication Server"
	return r
}
