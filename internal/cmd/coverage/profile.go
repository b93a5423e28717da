package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// block is some statements of a file that run one after the other.
type block struct {
	file       string // its import path
	first      int    // line
	last       int
	statements int
	// place tells blocks on one line apart.
	place string
}

// blockLine is as in "example.com/a/b.go:12.34,15.2 3 1": where it begins and ends, its statements, how often it ran.
var blockLine = regexp.MustCompile(`^(.+):((\d+)\.\d+,(\d+)\.\d+) (\d+) (\d+)$`)

// readProfile returns every block with whether it ran in any of the tests.
func readProfile(r io.Reader) (map[block]bool, error) {
	ran := map[block]bool{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "mode: ") {
			continue
		}
		match := blockLine.FindStringSubmatch(lines.Text())
		if match == nil {
			return nil, fmt.Errorf("this is no line of a coverage profile: %q", lines.Text())
		}
		var numbers [4]int
		for i := range numbers {
			var err error
			if numbers[i], err = strconv.Atoi(match[3+i]); err != nil {
				return nil, err
			}
		}
		b := block{file: match[1], place: match[2], first: numbers[0], last: numbers[1], statements: numbers[2]}
		ran[b] = ran[b] || numbers[3] > 0
	}
	return ran, lines.Err()
}
