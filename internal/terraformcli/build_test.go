package terraformcli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "new", "terraformcli"+programSuffix())
	if err := build(t.Context(), providerPackage+"/internal/cmd/terraformcli", program, false); err != nil {
		t.Fatal(err)
	}
	// It is no Terraform, but it runs.
	if _, err := identify(t.Context(), program); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("error %v", err)
	}
}

func TestBuildShowsTheCompilersWords(t *testing.T) {
	t.Parallel()
	err := build(t.Context(), providerPackage+"/internal/missing", filepath.Join(t.TempDir(), "x"), false)
	if err == nil || !strings.Contains(err.Error(), "internal/missing") {
		t.Errorf("error %v", err)
	}
}

func TestBuildWithTheRaceDetector(t *testing.T) {
	t.Parallel()
	plain, race := buildArguments("x", "y", false), buildArguments("x", "y", true)
	if slices.Contains(plain, "-race") || !slices.Contains(race, "-race") {
		t.Errorf("%v and %v", plain, race)
	}
}

func TestCancelledBuildIsTriedAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	folder := t.TempDir()
	if _, err := BuildProvider(ctx, folder, false); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	builds.Lock()
	defer builds.Unlock()
	if _, known := builds.done[buildKey{folder, false}]; known {
		t.Error("the cancelled build is remembered")
	}
}
