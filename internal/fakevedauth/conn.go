package fakevedauth

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// maxBody is how much of a request body is read.
const maxBody = 8 << 20

// ServeHTTP answers a request, and takes over its connection where it can (see the package comment).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hijacker, ok := w.(http.Hijacker)
	if !ok || r.ProtoMajor != 1 {
		s.serveBorrowed(w, r)
		return
	}
	// The body has to be read before the connection is taken over.
	request, plan := s.begin(r)
	if plan == nil {
		s.read(request, r)
	}
	conn, buffered, err := hijacker.Hijack()
	if err != nil {
		s.finish(request, 0)
		http.Error(w, "fakevedauth: cannot take over the connection", http.StatusInternalServerError)
		return
	}
	defer func() { _ = conn.Close() }()
	if !s.track(conn) {
		return
	}
	defer s.untrack(conn)
	if plan != nil {
		s.finish(request, 0)
		return
	}
	if s.exchange(conn, r, request) {
		s.serveRest(conn, buffered.Reader, r)
	}
}

// serveRest serves what follows on a connection after its first request.
func (s *Server) serveRest(conn net.Conn, reader *bufio.Reader, first *http.Request) {
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		r.RemoteAddr, r.TLS = first.RemoteAddr, first.TLS
		request, plan := s.begin(r)
		if plan != nil {
			s.finish(request, 0)
			return
		}
		if r.Header.Get("Expect") != "" {
			if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				s.finish(request, 0)
				return
			}
		}
		s.read(request, r)
		if !s.exchange(conn, r, request) {
			return
		}
	}
}

// exchange answers one request and reports whether the connection can serve another.
func (s *Server) exchange(conn net.Conn, r *http.Request, request *Request) bool {
	answer, drop := s.answer(request)
	if drop != dropNothing {
		s.finish(request, 0)
		if drop == dropReset {
			resetConn(conn)
		}
		return false
	}
	// Finished before the first byte goes out: a client that has the answer must not find the request in flight.
	s.finish(request, answer.status)
	wantsClose := r.Close || !r.ProtoAtLeast(1, 1) || answer.header.Get("Connection") == "close"
	if wantsClose {
		answer = answer.with("Connection", "close")
	}
	err := s.write(conn, answer)
	return err == nil && !wantsClose && answer.cut == nil && !answer.closeSilently
}

// write puts a reply on the wire.
func (s *Server) write(conn io.Writer, answer reply) error {
	header := answer.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Date", s.Now().UTC().Format(http.TimeFormat))
	header.Set("Server", "Microsoft-IIS/10.0")
	if header.Get("Content-Length") == "" {
		header.Set("Content-Length", fmt.Sprint(len(answer.body)))
	}
	var head bytes.Buffer
	head.WriteString(answer.statusLine() + "\r\n")
	if err := header.Write(&head); err != nil {
		return err
	}
	head.WriteString("\r\n")
	body := answer.body
	if answer.cut != nil {
		body = body[:*answer.cut]
	}
	if answer.dripBytes == 0 {
		_, err := conn.Write(append(head.Bytes(), body...))
		return err
	}
	if _, err := conn.Write(head.Bytes()); err != nil {
		return err
	}
	for len(body) > 0 {
		n := min(answer.dripBytes, len(body))
		if _, err := conn.Write(body[:n]); err != nil {
			return err
		}
		body = body[n:]
		s.pause(nil, answer.dripPause)
	}
	return nil
}

// serveBorrowed answers through a ResponseWriter.
func (s *Server) serveBorrowed(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		http.Error(w, "fakevedauth: closed", http.StatusServiceUnavailable)
		return
	}
	s.active.Add(1)
	s.mu.Unlock()
	defer s.active.Done()

	request, plan := s.begin(r)
	s.read(request, r)
	answer, drop := s.answer(request)
	if plan != nil || drop != dropNothing || answer.cut != nil {
		answer = htmlReply(http.StatusInternalServerError, "fakevedauth: this fault needs HTTP/1.1")
	}
	s.finish(request, answer.status)
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// readBody returns what can be read of a body; one that ends early is for the handler to refuse.
func readBody(r *http.Request) []byte {
	if r.Body == nil {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	return body
}

// track makes Close responsible for a connection; false if the server is closed already.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[conn] = struct{}{}
	s.active.Add(1)
	return true
}

func (s *Server) untrack(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.active.Done()
}

// resetConn ends a connection with RST, past the goodbyes of TLS.
func resetConn(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// pause waits for hold to close, if there is one, and then for d, but not beyond the end of the server.
func (s *Server) pause(hold <-chan struct{}, d time.Duration) {
	if hold != nil {
		select {
		case <-hold:
		case <-s.done:
		}
	}
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}
