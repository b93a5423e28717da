package tokenstore

import (
	"path/filepath"
	"runtime"
)

// directoryName is the last element of the default directory.
const directoryName = "terraform-provider-vedauth"

// Locate returns the directory of the store: explicit if it is not empty, else the state directory of the user.
//
// The state directory is $XDG_STATE_HOME or ~/.local/state, ~/Library/Application Support on macOS and
// %LocalAppData% on Windows. It is not the cache directory, which anybody may empty, nor the configuration directory,
// which people synchronise. A relative explicit path and a user without a home are errors of kind NoStore. Nothing is
// created. getenv reads the environment.
func Locate(explicit string, getenv func(string) string) (string, error) {
	return locate(explicit, runtime.GOOS, getenv)
}

func locate(explicit, system string, getenv func(string) string) (string, error) {
	if explicit != "" {
		if !filepath.IsAbs(explicit) {
			return "", failure(NoStore, nil, "The path of the token store, %q, is not absolute. A relative path would mean "+
				"another store in every working directory: give an absolute directory in token_store.path.", explicit)
		}
		return filepath.Clean(explicit), nil
	}
	base := stateHome(system, getenv)
	if !filepath.IsAbs(base) {
		return "", failure(NoStore, nil, "There is no place for the token store: %s is not set to an absolute path. "+
			"Set it, or set token_store.path to an absolute directory that outlives this run. %s",
			homeVariable(system), withoutStore)
	}
	return filepath.Join(base, directoryName), nil
}

func stateHome(system string, getenv func(string) string) string {
	if system == "windows" {
		return getenv("LocalAppData")
	}
	// The XDG rules say that a relative value is to be ignored.
	if state := getenv("XDG_STATE_HOME"); system != "darwin" && filepath.IsAbs(state) {
		return state
	}
	home := getenv(homeVariable(system))
	if home == "" {
		return ""
	}
	if system == "darwin" {
		return filepath.Join(home, "Library", "Application Support")
	}
	return filepath.Join(home, ".local", "state")
}

func homeVariable(system string) string {
	if system == "windows" {
		return "LocalAppData"
	}
	return "HOME"
}
