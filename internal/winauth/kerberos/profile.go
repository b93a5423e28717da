package kerberos

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

// maxIncludes bounds files that include one another.
const maxIncludes = 64

// profile is what a krb5.conf says, as an ordered list of settings. The path of a setting is its section, the names of
// the blocks around it, and its own name, joined by a byte that none of them has.
type profile struct {
	entries []profileEntry
	files   int
}

type profileEntry struct{ path, value string }

func profilePath(parts ...string) string { return strings.Join(parts, "\x00") }

// all returns every value of a setting, those of the first file first.
func (p *profile) all(parts ...string) []string {
	var values []string
	for _, entry := range p.entries {
		if entry.path == profilePath(parts...) {
			values = append(values, entry.value)
		}
	}
	return values
}

// first returns the value that counts, the first one, or "".
func (p *profile) first(parts ...string) string {
	if values := p.all(parts...); len(values) > 0 {
		return values[0]
	}
	return ""
}

// read adds a file. Directives that change what Kerberos would do and that are not understood are errors, not silence.
func (p *profile) read(file string) error {
	if p.files++; p.files > maxIncludes {
		return problem(ConfigFile, "Check the include lines.", "%s: more than %d files include one another", file,
			maxIncludes)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return &Error{
			Problem: ConfigFile,
			Detail:  "a Kerberos configuration file cannot be read",
			Next:    "Check krb5_conf_file or KRB5_CONFIG.",
			Err:     err,
		}
	}
	reader := profileReader{profile: p, file: file}
	for number, line := range strings.Split(string(data), "\n") {
		if err := reader.line(strings.TrimSpace(line)); err != nil {
			return err
		}
		if reader.fault != "" {
			return problem(ConfigFile, "Correct the file; kinit reads it the same way.", "%s, line %d: %s", file, number+1,
				reader.fault)
		}
	}
	if len(reader.blocks) > 1 {
		return problem(ConfigFile, "Correct the file.", "%s: a { is never closed", file)
	}
	return nil
}

type profileReader struct {
	profile *profile
	file    string
	// blocks is the section and the blocks that are open.
	blocks []string
	// fault describes a line that is not understood.
	fault string
}

func (r *profileReader) line(line string) error {
	if line == "" || line[0] == '#' || line[0] == ';' {
		return nil
	}
	if directive, argument, found := strings.Cut(line, " "); found && len(r.blocks) < 2 {
		switch directive {
		case "include":
			return r.profile.read(strings.TrimSpace(argument))
		case "includedir":
			return r.profile.readDir(strings.TrimSpace(argument))
		case "module":
			return problem(ConfigFile, "Give this program a krb5.conf of its own with krb5_conf_file.",
				"%s loads its settings through a module, which only MIT's library can", r.file)
		}
	}
	switch name, value, isSetting := strings.Cut(line, "="); {
	case line[0] == '[':
		section, _, closed := strings.Cut(line[1:], "]")
		if !closed || len(r.blocks) > 1 {
			r.fault = "a section that is not closed, or that begins inside a block"
			return nil
		}
		r.blocks = []string{strings.TrimSpace(section)}
	case strings.TrimRight(line, "* \t") == "}":
		if len(r.blocks) < 2 {
			r.fault = "a } without its {"
			return nil
		}
		r.blocks = r.blocks[:len(r.blocks)-1]
	case !isSetting || len(r.blocks) == 0:
		r.fault = "neither a section nor a setting (name = value)"
	default:
		r.setting(strings.TrimRight(strings.TrimSpace(name), "*"), strings.TrimSpace(value))
	}
	return nil
}

func (r *profileReader) setting(name, value string) {
	path := append(slices.Clone(r.blocks), name)
	if value == "{" {
		r.blocks = path
		return
	}
	if strings.HasPrefix(value, "{") {
		r.fault = "a { that does not end its line"
		return
	}
	value = strings.Trim(value, `"`)
	r.profile.entries = append(r.profile.entries, profileEntry{profilePath(path...), value})
}

// included are the names that includedir reads; anything else (an editor's backup, a package manager's leftover) it
// passes over.
var included = pattern.New(`^([A-Za-z0-9_-]+|[^.].*\.conf)$`)

func (p *profile) readDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return &Error{
			Problem: ConfigFile,
			Detail:  "a folder that krb5.conf includes cannot be read",
			Next:    "Correct the includedir line.",
			Err:     err,
		}
	}
	for _, entry := range entries {
		if entry.IsDir() || !included.MatchString(entry.Name()) {
			continue
		}
		if err := p.read(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
