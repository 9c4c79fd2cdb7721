package msl

import (
	"slices"
	"testing"
)

func TestEveryPassComesAfterThoseItNeeds(t *testing.T) {
	passes := passesFor(cpu{})
	if err := checkPasses(passes); err != nil {
		t.Error(err)
	}
	names := map[string]bool{}
	for _, p := range passes {
		if names[p.name] {
			t.Errorf("two passes are called %q", p.name)
		}
		names[p.name] = true
	}
	slices.Reverse(passes)
	if checkPasses(passes) == nil {
		t.Error("the passes in reverse order are taken for right")
	}
}
