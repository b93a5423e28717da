package bench

import (
	"cmp"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Weight is what a module adds to the program, in bytes.
type Weight struct {
	// Module is a module's path, or one of the names below.
	Module string
	// Code and Data are the sizes of its functions and of its variables and constants that have a name.
	Code, Data int64
	// OnlyHere: the empty provider has none of it.
	OnlyHere bool
}

const (
	standardLibrary = "standard library"
	// What the linker makes for all packages together: types, strings, the tables of functions that traces need. It
	// grows with the code, to roughly the same size.
	common = "types, strings and tables of all"
)

// Weigh builds the provider for linux/amd64 with its symbols, and says which module they belong to, the heaviest first.
func Weigh(ctx context.Context) ([]Weight, error) {
	scratch, err := os.MkdirTemp("", "vedauth-weigh-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	ours, err := weigh(ctx, scratch, "vedauth")
	if err != nil {
		return nil, err
	}
	empty, err := weigh(ctx, scratch, "empty")
	if err != nil {
		return nil, err
	}
	for name, weight := range ours {
		weight.OnlyHere = empty[name] == nil
		if other := empty[name]; other != nil { // what is ours of it
			weight.Code, weight.Data = weight.Code-other.Code, weight.Data-other.Data
		}
	}
	list := make([]Weight, 0, len(ours))
	for _, weight := range ours {
		list = append(list, *weight)
	}
	slices.SortFunc(list, func(a, b Weight) int {
		return cmp.Or(cmp.Compare(b.Code+b.Data, a.Code+a.Data), strings.Compare(a.Module, b.Module))
	})
	return list, nil
}

// weigh adds up the symbols of one program by module.
func weigh(ctx context.Context, scratch, name string) (map[string]*Weight, error) {
	modules, err := modulesOf(ctx, programs[name])
	if err != nil {
		return nil, err
	}
	file := filepath.Join(scratch, name)
	command := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-o", file, programs[name])
	command.Env = linux()
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cannot build %s: %w\n%s", programs[name], err, output)
	}
	program, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = program.Close() }()
	symbols, err := program.Symbols()
	if err != nil {
		return nil, err
	}
	weights := map[string]*Weight{}
	for _, symbol := range symbols {
		kind := elf.ST_TYPE(symbol.Info)
		if kind != elf.STT_FUNC && kind != elf.STT_OBJECT || inMemoryOnly(program, symbol) {
			continue
		}
		module := common
		if known, ok := modules[packageOf(symbol.Name)]; ok {
			module = known
		}
		if weights[module] == nil {
			weights[module] = &Weight{Module: module}
		}
		if kind == elf.STT_FUNC {
			weights[module].Code += int64(symbol.Size)
		} else {
			weights[module].Data += int64(symbol.Size)
		}
	}
	return weights, nil
}

// inMemoryOnly: variables that begin as zero take no place in the file.
func inMemoryOnly(program *elf.File, symbol elf.Symbol) bool {
	return int(symbol.Section) < len(program.Sections) && program.Sections[symbol.Section].Type == elf.SHT_NOBITS
}

// packageOf cuts the package out of a symbol's name, as "net/http.(*Server).Serve" or "go.shape.int" have it.
func packageOf(symbol string) string {
	symbol, _, _ = strings.Cut(symbol, "[")
	symbol = strings.TrimPrefix(symbol, "type:.eq.")
	slash := strings.LastIndex(symbol, "/") + 1
	name, _, _ := strings.Cut(symbol[slash:], ".")
	return strings.ReplaceAll(symbol[:slash]+name, "%2e", ".")
}

// modulesOf lists the module of each package that a program is made of.
func modulesOf(ctx context.Context, importPath string) (map[string]string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}", importPath)
	command.Env = linux()
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	modules := map[string]string{"main": module}
	for line := range strings.Lines(string(output)) {
		path, of, _ := strings.Cut(strings.TrimSpace(line), " ")
		modules[path] = cmp.Or(of, standardLibrary)
	}
	return modules, nil
}

func linux() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
}

// WeightTable is what each module adds to the program beside the empty provider, as Markdown.
func WeightTable(list []Weight) string {
	var text strings.Builder
	text.WriteString("| module | code | data | |\n|---|---|---|---|\n")
	for _, w := range list {
		if w.Code+w.Data < 1000 {
			continue
		}
		note := "more than in the empty provider"
		if w.OnlyHere {
			note = ""
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", w.Module, kilobytes(w.Code), kilobytes(w.Data), note)
	}
	return text.String()
}

func kilobytes(bytes int64) string { return fmt.Sprintf("%.0f kB", float64(bytes)/1e3) }
