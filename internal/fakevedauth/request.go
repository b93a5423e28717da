package fakevedauth

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Request is the record of one request, as it came over the wire.
type Request struct {
	// Endpoint is empty for a path that the server does not have.
	Endpoint Endpoint `json:"endpoint"`
	Method   string   `json:"method"`
	// Path is as the client wrote it, with the query.
	Path   string      `json:"path"`
	Proto  string      `json:"proto"`
	Host   string      `json:"host"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
	// RemoteAddr tells connections apart.
	RemoteAddr string `json:"remote_addr"`
	// TLSVersion, ServerName and Protocol (ALPN) are zero without TLS; ClientCertificate is the subject, empty if none
	// was presented.
	TLSVersion        uint16 `json:"tls_version"`
	ServerName        string `json:"server_name"`
	Protocol          string `json:"protocol"`
	ClientCertificate string `json:"client_certificate"`
	// At is when it came, by the server's clock.
	At time.Time `json:"at"`
	// Status is what was answered; 0 while nothing was, or nothing will be.
	Status int `json:"status"`
	// Finished: the answer is on its way, or there is none.
	Finished bool `json:"finished"`

	peer     *peerCertificate
	inFlight bool
}

// Fields decodes the body as a JSON object; nil if it is none.
func (r Request) Fields() map[string]any {
	var fields map[string]any
	if json.Unmarshal(r.Body, &fields) != nil {
		return nil
	}
	return fields
}

func (r *Request) clone() Request {
	c := *r
	c.Header = r.Header.Clone()
	c.Body = slices.Clone(r.Body)
	return c
}

// begin records a request and asks whether a fault strikes before its body is read.
func (s *Server) begin(r *http.Request) (*Request, *Fault) {
	request := &Request{
		Endpoint:   route(r.URL.Path),
		Method:     r.Method,
		Path:       r.RequestURI,
		Proto:      r.Proto,
		Host:       r.Host,
		Header:     r.Header.Clone(),
		RemoteAddr: r.RemoteAddr,
	}
	if r.TLS != nil {
		request.TLSVersion = r.TLS.Version
		request.ServerName = r.TLS.ServerName
		request.Protocol = r.TLS.NegotiatedProtocol
		request.peer = peerOf(r.TLS)
		if request.peer != nil {
			request.ClientCertificate = request.peer.leaf.Subject.String()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	request.At = s.now()
	s.requests = append(s.requests, request)
	s.notify()
	return request, s.takeFault(request, true)
}

// read reads the body. Only then the request counts as in flight: a client that gives up before takes it back.
func (s *Server) read(request *Request, r *http.Request) {
	body := readBody(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	request.Body, request.inFlight = body, true
	s.inFlight[request.Endpoint]++
	s.peak[request.Endpoint] = max(s.peak[request.Endpoint], s.inFlight[request.Endpoint])
	s.notify()
}

// finish notes that a request has its answer; status 0 is none.
func (s *Server) finish(request *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	request.Status, request.Finished = status, true
	if request.inFlight {
		request.inFlight = false
		s.inFlight[request.Endpoint]--
	}
	s.notify()
}

// Requests returns a copy of the record of every request so far, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := make([]Request, 0, len(s.requests))
	for _, request := range s.requests {
		records = append(records, request.clone())
	}
	return records
}

// RequestsTo returns those that went to one endpoint.
func (s *Server) RequestsTo(endpoint Endpoint) []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Endpoint != endpoint })
}

// Secrets returns every secret that the server issued or knows, spent ones included, for a search for leaks.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := map[string]bool{}
	for _, text := range s.secrets {
		set[text] = true
	}
	return slices.Sorted(maps.Keys(set))
}
