package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// writeMissed writes the blocks that did not run, each with its place, its function and its first line.
func writeMissed(out io.Writer, folder string, missed map[string][]block) error {
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		source, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		lines := bytes.Split(source, []byte("\n"))
		blocks := missed[name]
		slices.SortFunc(blocks, func(a, b block) int {
			return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.place, b.place))
		})
		for _, b := range blocks {
			_, _ = fmt.Fprintf(out, "  %s:%d  %s  %s\n", name, b.first, functionAt(set, file, b.first), firstStatement(lines, b))
		}
	}
	return nil
}

// functionAt is the name of the function around a line, as in "(*Client).do".
func functionAt(set *token.FileSet, file *ast.File, line int) string {
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || line < set.Position(function.Pos()).Line || line > set.Position(function.End()).Line {
			continue
		}
		name := function.Name.Name
		if function.Recv == nil || len(function.Recv.List) != 1 {
			return name
		}
		switch receiver := function.Recv.List[0].Type.(type) {
		case *ast.StarExpr:
			return fmt.Sprintf("(*%s).%s", receiver.X, name)
		default:
			return fmt.Sprintf("%s.%s", receiver, name)
		}
	}
	return "(package)"
}

// firstStatement is a block's first line with a statement: a block begins with the brace that opens it, and so often on
// the line before.
func firstStatement(lines [][]byte, b block) string {
	for i := b.first; i <= min(b.last, len(lines)); i++ {
		text := bytes.TrimSpace(lines[i-1])
		if i < b.last && (bytes.HasSuffix(text, []byte("{")) || bytes.HasSuffix(text, []byte(":"))) || len(text) == 0 {
			continue
		}
		return string(text)
	}
	return ""
}
