package winauth

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
)

// maxSteps bounds a handshake; the longest real one has three.
const maxSteps = 5

// steps is one mechanism's side of one attempt.
type steps interface {
	// scheme picks one of the schemes that the server offers, or "".
	scheme(offered challenges) string
	// next returns the token for the server's last challenge, nil at first, and whether the request proper goes with
	// it. Binding is the connection's, nil without TLS.
	next(ctx context.Context, challenge, binding []byte) (token []byte, last bool, err error)
	// more reports whether a challenge in the answer to the request proper may be answered again.
	more() bool
	// user is who logs in, for texts.
	user() string
	// close frees what the mechanism holds.
	close()
}

// attempt is one login on one connection.
func attempt(ctx context.Context, config Config, p *plan) (result *Result, err error) {
	s, err := p.steps(config.SPN)
	if err != nil {
		return nil, err
	}
	defer s.close()
	c := newConnection(config)
	defer func() {
		if result == nil {
			c.close()
		}
	}()
	response, err := c.ask(ctx, "")
	if err != nil {
		return nil, err
	}
	offered := parseChallenges(response.Header)
	if response.StatusCode != http.StatusUnauthorized || len(offered) == 0 {
		return nil, &NoChallengeError{response}
	}
	scheme := s.scheme(offered)
	if scheme == "" {
		return nil, &NotOfferedError{p.mechanism, offered.schemes()}
	}
	response, err = handshake(ctx, c, s, p.mechanism, scheme)
	if err != nil {
		return nil, err
	}
	return &Result{Response: response, Mechanism: p.mechanism}, nil
}

// handshake goes step by step until the server has answered the request proper.
func handshake(ctx context.Context, c *connection, s steps, mechanism Mechanism,
	scheme string) (*http.Response, error) {
	name := map[string]string{"ntlm": "NTLM", "negotiate": "Negotiate"}[scheme]
	var challenge []byte
	for step := range maxSteps {
		bound := binding(c.tls)
		token, last, err := s.next(ctx, challenge, bound)
		if err != nil {
			return nil, err
		}
		if step > 0 {
			c.seal()
		}
		authorization := name + " " + base64.StdEncoding.EncodeToString(token)
		if !last {
			if challenge, err = askChallenge(ctx, c, mechanism, scheme, authorization); err != nil {
				return nil, err
			}
			continue
		}
		response, err := c.send(ctx, authorization)
		if err != nil {
			return nil, err
		}
		offered := parseChallenges(response.Header)
		if response.StatusCode != http.StatusUnauthorized || len(offered) == 0 {
			return response, nil // Taken; or a 401 of the application's own.
		}
		if err := buffer(response); err != nil {
			return nil, &TransportError{Sent: true, Err: err}
		}
		if challenge = offered.token(scheme); challenge == nil || !s.more() {
			if step == 0 && !bytes.Equal(bound, binding(c.tls)) {
				return nil, errConnectionGone // The answer came from a server with another certificate.
			}
			return nil, &RefusedError{Mechanism: mechanism, User: s.user(), Response: response}
		}
	}
	return nil, &TransportError{Err: errEndless}
}

// askChallenge sends a token that is not the last and returns the server's challenge.
func askChallenge(ctx context.Context, c *connection, mechanism Mechanism,
	scheme, authorization string) ([]byte, error) {
	response, err := c.ask(ctx, authorization)
	if err != nil {
		return nil, err
	}
	offered := parseChallenges(response.Header)
	challenge := offered.token(scheme)
	if response.StatusCode != http.StatusUnauthorized {
		return nil, &NoChallengeError{response}
	}
	if challenge == nil { // It does not know what to do with this mechanism's token.
		return nil, &NotOfferedError{mechanism, withoutScheme(offered.schemes(), "ntlm")}
	}
	return challenge, nil
}
