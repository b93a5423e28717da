package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/fakevedauth"
)

// control is the HTTP side door through which a script moves the clock, injects faults and reads the ledger.
type control struct {
	fake   *fakevedauth.Server
	server *http.Server
	url    string
	ended  sync.WaitGroup
}

// startControl listens on a loopback address: what it tells includes secrets.
func startControl(fake *fakevedauth.Server, address string) (*control, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-control %s: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-control %s: want a loopback address such as 127.0.0.1:0", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-control: %w", err)
	}
	c := &control{fake: fake, url: "http://" + listener.Addr().String()}
	c.server = &http.Server{
		Handler: c.routes(), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
	}
	c.ended.Go(func() { _ = c.server.Serve(listener) })
	return c, nil
}

func (c *control) close() {
	_ = c.server.Close()
	c.ended.Wait()
}

func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, c.fake.Ledger())
	})
	mux.HandleFunc("GET /ledger.json", show(func() any { return c.fake.Ledger() }))
	mux.HandleFunc("GET /requests", show(func() any { return c.fake.Requests() }))
	mux.HandleFunc("GET /devices", show(func() any { return c.fake.Devices() }))
	mux.HandleFunc("GET /secrets", show(func() any { return c.fake.Secrets() }))
	mux.HandleFunc("POST /advance", act(c.advance))
	mux.HandleFunc("POST /latency", act(c.latency))
	mux.HandleFunc("POST /fault", act(c.fault))
	mux.HandleFunc("POST /clear", act(func(*http.Request) error {
		c.fake.ClearFaults()
		return nil
	}))
	mux.HandleFunc("POST /approve", act(func(r *http.Request) error {
		return c.fake.Approve(r.FormValue("user_code"), r.FormValue("user"))
	}))
	mux.HandleFunc("POST /deny", act(func(r *http.Request) error { return c.fake.Deny(r.FormValue("user_code")) }))
	mux.HandleFunc("POST /jwt-mapping", act(func(r *http.Request) error {
		var mapping fakevedauth.JWTMapping
		if err := json.NewDecoder(r.Body).Decode(&mapping); err != nil {
			return err
		}
		return c.fake.AddJWTMapping(mapping)
	}))
	return mux
}

// show answers with JSON.
func show(what func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(what()) // the client is gone, or there is nothing to fail
	}
}

// act answers 204, or 400 with the error.
func act(do func(*http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// advance moves the clock by d.
func (c *control) advance(r *http.Request) error {
	d, err := time.ParseDuration(r.FormValue("d"))
	if err != nil {
		return fmt.Errorf("d: %w", err)
	}
	c.fake.Advance(d)
	return nil
}

// latency delays every later reply by d.
func (c *control) latency(r *http.Request) error {
	d, err := time.ParseDuration(r.FormValue("d"))
	if err != nil {
		return fmt.Errorf("d: %w", err)
	}
	c.fake.Configure(func(o *fakevedauth.Options) { o.Latency = d })
	return nil
}

// fault injects what the parameters describe.
func (c *control) fault(r *http.Request) error {
	p := parameters{request: r}
	fault := p.fault()
	plan := fakevedauth.Times(p.number("times", 1), fault)
	if r.FormValue("times") == "always" {
		plan = fakevedauth.Always(fault)
	}
	endpoint := fakevedauth.Endpoint(r.FormValue("endpoint"))
	if endpoint == "" {
		endpoint = fakevedauth.Any
	}
	if p.err == nil {
		c.fake.Inject(endpoint, plan)
	}
	return p.err
}
