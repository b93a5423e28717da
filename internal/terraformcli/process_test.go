package terraformcli

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// start runs the program that writes "ready" and waits for a signal.
func start(ctx context.Context, t *testing.T) *Process {
	t.Helper()
	process, err := fakeWorkspace(t).Start(ctx, "wait")
	if err != nil {
		t.Fatal(err)
	}
	if err := process.WaitForOutput(t.Context(), "ready"); err != nil {
		t.Fatal(err)
	}
	return process
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		testInterruptUnsupported(t)
		return
	}
	process := start(t.Context(), t)
	if err := process.Interrupt(); err != nil {
		t.Fatal(err)
	}
	result, err := process.Wait()
	if err != nil || result.ExitCode != 0 || !strings.Contains(result.Stdout, "got interrupt") {
		t.Errorf("%+v, %v", result, err)
	}
}

func testInterruptUnsupported(t *testing.T) {
	t.Helper()
	process := start(t.Context(), t)
	if err := process.Interrupt(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	if err := process.Kill(); err != nil {
		t.Error(err)
	}
	_, _ = process.Wait()
}

func TestKill(t *testing.T) {
	t.Parallel()
	process := start(t.Context(), t)
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	result, err := process.Wait()
	if err != nil || result.ExitCode == 0 || strings.Contains(result.Stdout, "got") {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestContextEndsTheProcess(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	process := start(ctx, t)
	cancel()
	<-process.Ended()
	if _, err := process.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestWaitForOutputEnds(t *testing.T) {
	t.Parallel()
	ended, err := fakeWorkspace(t).Start(t.Context(), "fail")
	if err != nil {
		t.Fatal(err)
	}
	if err := ended.WaitForOutput(t.Context(), "never"); err == nil || !strings.Contains(err.Error(), "to stderr") {
		t.Errorf("a process that ended: %v", err)
	}
	if err := ended.WaitForOutput(t.Context(), "to stdout"); err != nil {
		t.Errorf("what it wrote before it ended: %v", err)
	}

	process := start(t.Context(), t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := process.WaitForOutput(ctx, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait: %v", err)
	}
	if err := process.Kill(); err != nil {
		t.Error(err)
	}
	_, _ = process.Wait()
}
