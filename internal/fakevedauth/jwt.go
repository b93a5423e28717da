package fakevedauth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// JWTMapping says which JWTs are good for which user.
type JWTMapping struct {
	// Name is for people.
	Name string `json:"name"`
	// IssuerURI must be the claim "iss".
	IssuerURI string `json:"issuer_uri"`
	// JWKS is the issuer's key set as JSON. If it is empty the set is fetched: from JWKSURI, or from where the
	// discovery document below IssuerURI says.
	JWKS    string `json:"jwks"`
	JWKSURI string `json:"jwks_uri"`
	// PurposeField is the claim, and PurposeMatch the expression that it must match, by which a mapping is selected.
	PurposeField string `json:"purpose_field"`
	PurposeMatch string `json:"purpose_match"`
	// IDField is the claim that names the user and IDMatch the expression that it must match. Its first group is the
	// name; without a group the whole match is.
	IDField string `json:"id_field"`
	IDMatch string `json:"id_match"`
	// Grantee, any name of a user, is who all of them are, whatever the group says.
	Grantee string `json:"grantee"`
}

// AddJWTMapping adds a mapping. The expressions are unanchored.
func (s *Server) AddJWTMapping(mapping JWTMapping) error {
	for _, expression := range []string{mapping.PurposeMatch, mapping.IDMatch} {
		if _, err := regexp.Compile(expression); err != nil {
			return fmt.Errorf("fakevedauth: mapping %s: %w", mapping.Name, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mappings = append(s.mappings, mapping)
	return nil
}

// fetchKeys gets the keys of every issuer that the JWT of a call could be from.
func fetchKeys(s *Server, c *call) {
	token, err := parseJWS(c.fields["jwt"])
	if err != nil {
		return
	}
	s.mu.Lock()
	mappings := s.mappings
	s.mu.Unlock()
	c.keys = map[string][]verifier{}
	for _, mapping := range mappings {
		if mapping.IssuerURI != token.claims["iss"] {
			continue
		}
		set := []byte(mapping.JWKS)
		if mapping.JWKS == "" {
			set = fetchJWKS(s.done, mapping)
		}
		if keys, err := parseJWKS(set); err == nil {
			c.keys[mapping.IssuerURI] = append(c.keys[mapping.IssuerURI], keys...)
		}
	}
}

// fetchJWKS asks the issuer for its keys; nothing comes back if that fails, and then no signature fits.
func fetchJWKS(done <-chan struct{}, mapping JWTMapping) []byte {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	uri := mapping.JWKSURI
	if uri == "" {
		discovery := strings.TrimSuffix(mapping.IssuerURI, "/") + "/.well-known/openid-configuration"
		var document struct {
			JWKSURI string `json:"jwks_uri"`
		}
		if json.Unmarshal(fetch(ctx, client, discovery), &document) != nil {
			return nil
		}
		uri = document.JWKSURI
	}
	return fetch(ctx, client, uri)
}

func fetch(ctx context.Context, client *http.Client, uri string) []byte {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil
	}
	response, err := client.Do(request)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		return nil
	}
	return text
}

// authorizeJWT is POST Authorize/Jwt.
func authorizeJWT(s *Server, c *call) reply {
	return s.authorize(c, func() (*User, *reply) {
		compact := c.fields["jwt"]
		if compact == "" {
			return nil, s.refused("invalid-request")
		}
		user, problem := s.userOfJWT(compact, c.keys)
		if problem != "" {
			return nil, s.refused("grant-not-issued", "error", problem)
		}
		s.jwtsSeen[compact] = true
		s.secrets = append(s.secrets, compact)
		return user, nil
	})
}

// userOfJWT finds whom a JWT stands for, or says why it stands for nobody.
func (s *Server) userOfJWT(compact string, keys map[string][]verifier) (user *User, problem string) {
	token, err := parseJWS(compact)
	if err != nil {
		return nil, "The JWT is malformed"
	}
	if token.algorithm != "RS256" && token.algorithm != "ES256" {
		return nil, fmt.Sprintf("The JWT signature algorithm '%s' is not supported", token.algorithm)
	}
	mapping, name, found := s.mappingOf(token)
	if !found {
		return nil, "No JWT mapping found for the JWT"
	}
	if !token.verifies(keys[mapping.IssuerURI]) {
		return nil, "The JWT signature is invalid"
	}
	if problem := s.timesOf(token); problem != "" {
		return nil, problem
	}
	if s.options.JWTOnce && s.jwtsSeen[compact] {
		return nil, "The JWT has already been used"
	}
	if mapping.Grantee != "" {
		name = mapping.Grantee
	}
	if user = s.userNamed(name); user == nil {
		return nil, "The identity of the JWT could not be found"
	}
	return user, ""
}

// mappingOf finds the mapping that fits issuer, purpose and identity, and the name that its group found.
func (s *Server) mappingOf(token jws) (mapping JWTMapping, name string, found bool) {
	for _, mapping := range s.mappings {
		if mapping.IssuerURI != token.claims["iss"] {
			continue
		}
		if _, ok := matchClaim(token, mapping.PurposeField, mapping.PurposeMatch); !ok {
			continue
		}
		if name, ok := matchClaim(token, mapping.IDField, mapping.IDMatch); ok {
			return mapping, name, true
		}
	}
	return JWTMapping{}, "", false
}

// matchClaim matches each text of a claim; it returns the first group of the match, or all of it.
func matchClaim(token jws, field, expression string) (string, bool) {
	pattern, err := regexp.Compile(expression)
	if err != nil {
		return "", false
	}
	for _, text := range token.texts(field) {
		if groups := pattern.FindStringSubmatch(text); groups != nil {
			return groups[min(1, len(groups)-1)], true
		}
	}
	return "", false
}

// timesOf says what is wrong with the times of a JWT.
func (s *Server) timesOf(token jws) string {
	skew := s.options.JWTSkew
	switch {
	case skew == 0:
		skew = 5 * time.Minute
	case skew < 0:
		skew = 0
	}
	now := float64(s.now().Unix())
	if exp, ok := token.seconds("exp"); !ok || now >= exp+skew.Seconds() {
		return "The JWT has expired"
	}
	for _, name := range []string{"nbf", "iat"} {
		if from, ok := token.seconds(name); ok && now < from-skew.Seconds() {
			return "The JWT is not yet valid"
		}
	}
	return ""
}
