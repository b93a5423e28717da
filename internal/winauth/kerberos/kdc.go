package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Limits of one conversation with a KDC.
const (
	dialTimeout   = 5 * time.Second
	searchTimeout = 20 * time.Second
	answerTimeout = 15 * time.Second
	maxReply      = 1 << 20
)

// errNotSent wraps a failure before the request left: another KDC may be asked without counting as another logon.
var errNotSent = errors.New("could not be reached")

// send asks the given KDCs of a realm one after the other and returns the first answer and who gave it. For a request
// that carries proof of a password give it one KDC: at a second one, a wrong password would count twice.
//
// It speaks TCP only. Every KDC in use does, and a datagram that is lost on its way back cannot be told from one that
// never arrived.
func (c *Config) send(ctx context.Context, realm string, kdcs []string,
	request []byte) (reply []byte, kdc string, err error) {
	if len(kdcs) == 0 {
		return nil, "", problem(NoKDC,
			"Add kdc lines for it to krb5.conf and set krb5_conf_file, or publish _kerberos._tcp records in DNS. Write the "+
				"realm in capitals.", "no KDC is known for the realm %q", realm)
	}
	var failures []string
	sent := false
	enough := time.Now().Add(searchTimeout)
	for _, kdc := range kdcs {
		if time.Now().After(enough) { // A firewall that swallows everything takes dialTimeout for each.
			break
		}
		reply, err := c.ask(ctx, kdc, request)
		if err == nil {
			return reply, kdc, nil
		}
		timeUp := errors.Is(ctx.Err(), context.DeadlineExceeded)
		if ctx.Err() != nil && (!timeUp || errors.Is(err, errNotSent)) {
			return nil, "", ctx.Err()
		}
		if timeUp { // what was sent may have been a failed logon, and must not pass for something to be tried again
			err = fmt.Errorf("no answer from %s in time", kdc)
		}
		failures = append(failures, err.Error())
		if !errors.Is(err, errNotSent) {
			sent = true
		}
		if timeUp {
			break
		}
	}
	list := strings.Join(failures, "; ")
	if sent {
		return nil, "", problem(NoAnswer,
			"Look at the KDC's log. What proves a password is never sent twice, because a wrong one would count twice.",
			"the KDC of %s was reached and gave no answer (%s)", realm, list)
	}
	return nil, "", problem(NoKDC, "Check the network and the firewall (TCP port 88), and the kdc lines of krb5.conf.",
		"no KDC of %s could be reached (%s)", realm, list)
}

// ask does one exchange over TCP: four bytes of length and the message, both ways.
func (c *Config) ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := c.dial(dialing, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSent, err)
	}
	defer func() { _ = conn.Close() }() // Nothing is lost: the answer is read or the exchange has failed.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSent, err)
	}
	message := binary.BigEndian.AppendUint32(nil, uint32(len(request))) // A few kilobytes.
	if _, err := conn.Write(append(message, request...)); err != nil {
		return nil, err
	}
	header := make([]byte, 4)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil, fmt.Errorf("no answer from %s: %w", address, err)
	}
	length := binary.BigEndian.Uint32(header)
	if length == 0 || length > maxReply {
		return nil, errors.New("an answer of an impossible length from " + address)
	}
	reply := make([]byte, length)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, fmt.Errorf("half an answer from %s: %w", address, err)
	}
	return reply, nil
}
