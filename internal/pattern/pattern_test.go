package pattern_test

import (
	"sync"
	"testing"

	"github.com/vedauth/terraform-provider-vedauth/internal/pattern"
)

func TestAPatternIsCompiledOnce(t *testing.T) {
	t.Parallel()
	word := pattern.New(`^[a-z]+$`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if !word.MatchString("abc") || word.MatchString("a b") {
				t.Error("it matches something else")
			}
		})
	}
	all.Wait()
	if first, second := word.Regexp(), word.Regexp(); first != second {
		t.Error("it was compiled twice")
	}
}

func TestABadPatternIsNoticedAtItsFirstUse(t *testing.T) {
	t.Parallel()
	bad := pattern.New(`(`)
	defer func() {
		if recover() == nil {
			t.Error("it was accepted")
		}
	}()
	bad.MatchString("")
}
