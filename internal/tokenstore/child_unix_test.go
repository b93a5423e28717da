//go:build unix

package tokenstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/vedauth/terraform-provider-vedauth/internal/secret"
)

// order is what a child process is told to do, in a variable of its environment.
type order struct {
	Role           string
	Dir, URL, Seed string
	// Limit is the greatest size of a file that the child may write; 0 for none.
	Limit uint64
}

const orderVariable = "TOKENSTORE_TEST_CHILD"

// report is what a child says of one Acquire, as a line of JSON.
type report struct {
	Token     string
	Refreshed bool
	Kind      Kind
	Error     string
	Warnings  []string
}

// TestMain makes the test binary its own child.
func TestMain(m *testing.M) {
	text := os.Getenv(orderVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		os.Exit(3)
	}
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(4)
	}
}

func (o order) run() error {
	if o.Limit > 0 {
		var limit syscall.Rlimit
		setNumber(&limit.Cur, o.Limit)
		setNumber(&limit.Max, o.Limit)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
	}
	ctx := context.Background()
	switch o.Role {
	case "once":
		return o.acquire(ctx)
	case "forever":
		for {
			if err := o.acquire(ctx); err != nil {
				return err
			}
		}
	case "interrupted":
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
		context.AfterFunc(ctx, func() { _, _ = io.WriteString(os.Stdout, "interrupted\n") })
		return o.acquire(ctx)
	case "hold":
		store, err := New(Options{Dir: o.Dir})
		if err != nil {
			return err
		}
		if _, err := store.Acquire(ctx, o.request(nil)); err != nil {
			return err
		}
		_, _ = io.WriteString(os.Stdout, "held\n")
		_, err = io.Copy(io.Discard, os.Stdin)
		return err
	default:
		return systemRole(o)
	}
}

// setNumber sets a number whose type differs from system to system.
func setNumber[T int64 | uint64](number *T, value uint64) { *number = T(value) }

func (o order) request(notify func(Notice)) Request {
	return Request{Key: testKey, Seed: Seed{Value: secret.New(o.Seed)}, Server: httpRefresher(o.URL), Notify: notify}
}

// acquire asks for the token once and reports.
func (o order) acquire(ctx context.Context) error {
	var r report
	store, err := New(Options{Dir: o.Dir})
	if err != nil {
		return err
	}
	lease, err := store.Acquire(ctx, o.request(func(n Notice) {
		if n.Warning {
			r.Warnings = append(r.Warnings, n.Text)
		}
	}))
	if failed, ok := errors.AsType[*Error](err); ok {
		r.Kind = failed.Kind
	}
	if err != nil {
		r.Error = err.Error()
	} else {
		r.Token, r.Refreshed = lease.Grant.AccessToken.Reveal(), lease.Refreshed
	}
	lease.Release()
	return json.NewEncoder(os.Stdout).Encode(r)
}

// httpRefresher reaches a ledger in another process.
type httpRefresher string

func (u httpRefresher) Ping(ctx context.Context) error {
	_, err := u.call(ctx, "/ping", "")
	return err
}

func (u httpRefresher) Refresh(ctx context.Context, token secret.String) (Tokens, error) {
	body, err := u.call(ctx, "/refresh", token.Reveal())
	if err != nil {
		return Tokens{}, err
	}
	var answer wireTokens
	if err := json.Unmarshal(body, &answer); err != nil {
		return Tokens{}, err
	}
	return Tokens{
		AccessToken: secret.New(answer.Access), RefreshToken: secret.New(answer.Refresh), ExpiresIn: answer.Life,
	}, nil
}

type wireTokens struct {
	Access, Refresh string
	Life            time.Duration
}

func (u httpRefresher) call(ctx context.Context, path, body string) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, string(u)+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, &OutcomeError{Outcome: Refused, Err: errors.New(response.Status)}
	}
	return data, nil
}

// serve puts a ledger behind HTTP; during is called while a refresh has been carried out and not yet answered.
func (l *ledger) serve(t *testing.T, during func()) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping" {
			_ = l.Ping(r.Context())
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		tokens, err := l.Refresh(context.WithoutCancel(r.Context()), secret.New(string(body)))
		if during != nil {
			during()
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answer := wireTokens{tokens.AccessToken.Reveal(), tokens.RefreshToken.Reveal(), tokens.ExpiresIn}
		_ = json.NewEncoder(w).Encode(answer) // the child may be dead by now
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// child is a process that works on an order.
type child struct {
	t      testing.TB
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stdin  io.Closer
	stderr bytes.Buffer
}

// startChild starts the test binary as a child; adapt may change the command first.
func startChild(t testing.TB, o order, adapt func(*exec.Cmd)) *child {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: exec.Command(path)}
	c.cmd.Env = append(os.Environ(), orderVariable+"="+string(text))
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if adapt != nil {
		adapt(c.cmd)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// line waits for the next line of output.
func (c *child) line() string {
	if !c.lines.Scan() {
		return ""
	}
	return c.lines.Text()
}

// report waits for the next report, and end for the end of the child.
func (c *child) report() report {
	c.t.Helper()
	var r report
	text := c.line()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		c.t.Errorf("the child said %q", text)
		c.end()
	}
	return r
}

func (c *child) end() {
	c.t.Helper()
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("the child failed: %v: %s", err, c.stderr.String())
	}
}

func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Error(err)
	}
	_ = c.cmd.Wait() // its error says that it was killed
}

// nobody are the numbers of users that own nothing, for children of a test that runs as root.
const nobody, nobodyElse = 65534, 65533

// asUser runs a child as an ordinary user, because mode bits mean nothing to root. Where the tests run as an ordinary
// user already, the child stays that user.
func asUser(t *testing.T, id uint32) func(*exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	path := filepath.Join(publicDir(t), "child")
	if err := os.Link(mustExecutable(t), path); err != nil {
		copyFile(t, mustExecutable(t), path)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = path, "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
}

func mustExecutable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

// publicDir is a temporary directory that every user can enter.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// give makes a user the owner of everything below a directory.
func give(t *testing.T, dir string, id int) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	err := filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		return errors.Join(err, os.Lchown(path, id, id))
	})
	if err != nil {
		t.Fatal(err)
	}
}
