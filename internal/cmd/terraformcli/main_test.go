package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{nil, {"what"}, {"path", "more"}, {"schema"}, {"schema", "a", "b"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), arguments, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), usage) {
			t.Errorf("%v: exit code %d, %s", arguments, code, &stderr)
		}
	}
}

func TestPathPrintsThePathAlone(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"path"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d, %s", code, &stderr)
	}
	path := strings.TrimSuffix(stdout.String(), "\n")
	if path == "" || strings.ContainsAny(path, "\n") || !strings.Contains(stderr.String(), "at "+path) {
		t.Errorf("path %q, reason %q", path, &stderr)
	}
}

func TestRunPassesOutputAndExitCodeOn(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"run", "version"}, &stdout, &stderr); code != 0 {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
	if !strings.Contains(stdout.String(), " v") {
		t.Errorf("output %q", &stdout)
	}
	if code := run(t.Context(), []string{"run", "no-such-command"}, &stdout, &stderr); code == 0 {
		t.Error("a failing command gives exit code 0")
	}
}

func TestErrorIsPrinted(t *testing.T) {
	t.Setenv("VEDAUTH_TERRAFORM", "no-such-program-anywhere")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"path"}, &stdout, &stderr); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(stderr.String(), "VEDAUTH_TERRAFORM names no program") || stdout.Len() > 0 {
		t.Errorf("standard output %q, standard error %q", &stdout, &stderr)
	}
}
