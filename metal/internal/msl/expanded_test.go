package msl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

// TestATextIsExpandedOnce counts how often the preprocessor runs: once for all kernels of a text, in both kinds of mathematics,
// and again where something that it sees differs.
func TestATextIsExpandedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	folder := t.TempDir()
	wrapper, notes := filepath.Join(folder, "clang"), filepath.Join(folder, "notes")
	script := "#!/bin/sh\ncase \" $* \" in *' -E '*) echo expanded >> '" + notes + "';; esac\nexec '" + compiler(t, msl.Options{}).Clang() + "' \"$@\"\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := compiler(t, msl.Options{Clang: wrapper})
	const text = "#include <metal_stdlib>\nkernel void a(device float *o) { o[0] = VALUE; }\nkernel void b(device float *o) { o[0] = 2; }\n"
	one, two := map[string]string{"VALUE": "1"}, map[string]string{"VALUE": "2"}
	for i, step := range []struct {
		program msl.Program
		runs    int
	}{
		{msl.Program{Source: text, Function: "a", Defines: one}, 1},
		{msl.Program{Source: text, Function: "b", Defines: one}, 1},
		{msl.Program{Source: text, Function: "a", Defines: one, Math: msl.MathFast}, 1},
		{msl.Program{Source: text, Function: "a", Defines: two}, 2},
		{msl.Program{Source: text, Function: "a", Defines: two, LanguageVersion: 300}, 3},
		{msl.Program{Source: text + "\n", Function: "a", Defines: two}, 4},
		{msl.Program{Source: text, File: "named.metal", Function: "a", Defines: two}, 5},
	} {
		if m := build(t, c, step.program); m.Cached {
			t.Errorf("step %d: was compiled before", i)
		}
		told, err := os.ReadFile(notes)
		if got := strings.Count(string(told), "expanded"); err != nil || got != step.runs {
			t.Errorf("step %d: the preprocessor ran %d times (%v), want %d", i, got, err, step.runs)
		}
	}
}
