package msl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Where clang refuses the code for vectors, which is a mistake of package wide, the kernel stays on fibers, and the reason is told.
func TestRefusedVectorsStayOnFibers(t *testing.T) {
	c := openCompiler(t)
	refusing := clangThat(t, c, `echo "<stdin>:7:1: error: no such thing" >&2; exit 1`)
	e := engineAfter(t, Options{Dir: t.TempDir(), Clang: refusing})
	if e.Engine != EngineFibers || !strings.Contains(e.Why, "no such thing") {
		t.Errorf("got %+v, want fibers and clang's words", e)
	}
}

// Where the machine ends clang at the code for vectors, the kernel is on fibers for a day, so that not every process tries anew, and
// a longer deadline has it tried at once.
func TestVectorsAreTriedAgain(t *testing.T) {
	c := openCompiler(t)
	folder, crowded := t.TempDir(), filepath.Join(t.TempDir(), "crowded")
	if err := os.WriteFile(crowded, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: folder, Deadline: time.Minute, Clang: clangThat(t, c, fmt.Sprintf("if [ -e %s ]; then kill -KILL $$; fi", crowded))}
	if e := engineAfter(t, o); e.Engine != EngineFibers || !strings.Contains(e.Why, "killed") {
		t.Fatalf("got %+v, want fibers, since clang was killed", e)
	}
	if err := os.Remove(crowded); err != nil {
		t.Fatal(err)
	}
	if e := engineAfter(t, o); e.Engine != EngineFibers {
		t.Errorf("got %+v on the same day, want what is known", e)
	}
	o.Deadline = 2 * time.Minute
	if e := engineAfter(t, o); e.Engine != EngineWide {
		t.Errorf("got %+v with more time, want vectors", e)
	}
}

func TestPassing(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		p    passing
		over bool
	}{
		"nothing passed":     {passing{}, false},
		"of today":           {passing{time.Minute, now}, false},
		"with less time":     {passing{2 * time.Minute, now}, false},
		"with more time":     {passing{time.Second, now}, true},
		"of yesterday":       {passing{time.Minute, now.Add(-25 * time.Hour)}, true},
		"a clock set back":   {passing{time.Minute, now.Add(time.Hour)}, false},
		"of a wrong year":    {passing{time.Minute, now.Add(1000 * time.Hour)}, true},
		"a minute to a day":  {passing{time.Minute, now.Add(-24*time.Hour + time.Minute)}, false},
		"without a deadline": {passing{0, now}, true},
	} {
		if over := test.p.isOver(time.Minute); over != test.over {
			t.Errorf("%s: over %v, want %v", name, over, test.over)
		}
	}
	for _, err := range []error{nil, errors.New("a mistake"), ErrTooLarge, exec.Command("sh", "-c", "exit 1").Run(), exec.Command("sh", "-c", "kill -SEGV $$").Run()} {
		if isPassing(err) {
			t.Errorf("%v may be gone another time", err)
		}
	}
	if !isPassing(fmt.Errorf("compiler stopped: %w", ErrTooLong)) {
		t.Error("a deadline is for ever")
	}
}

// clangThat is a compiler's clang, but that it runs a script first where it is given code for vectors. The optimiser stands beside it.
func clangThat(t *testing.T, c *Compiler, script string) string {
	t.Helper()
	w, err := c.wideCompiler(context.Background())
	if err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	name := filepath.Join(folder, "clang")
	if err := os.Symlink(w.target.(wideCPU).opt, filepath.Join(folder, "opt")); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`#!/bin/sh
case "$*" in
*"-x ir"*)
  text=$(cat)
  case "$text" in *wide.start*) %[2]s;; esac
  printf '%%s\n' "$text" | exec %[1]s "$@";;
*) exec %[1]s "$@";;
esac
`, c.clang, script)
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// engineAfter is the engine of a kernel that a compiler of its own compiles for vectors.
func engineAfter(t *testing.T, o Options) EngineOf {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m, err := c.Build(context.Background(), Program{Source: "kernel void k(device int *o [[buffer(0)]]) { o[0] = 3; }\n", Engine: EngineWide})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Engines) != 1 {
		t.Fatalf("got engines %+v, want one", m.Engines)
	}
	return m.Engines[0]
}
