package msl

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where clang refuses the code for vectors, which is a mistake of package wide, the kernel stays on fibers, and the reason is told.
func TestRefusedVectorsStayOnFibers(t *testing.T) {
	c := openCompiler(t)
	if _, err := c.wideCompiler(context.Background()); err != nil {
		t.Skip(err)
	}
	refusing := filepath.Join(t.TempDir(), "clang")
	script := fmt.Sprintf(`#!/bin/sh
case "$*" in
*"-x ir"*)
  text=$(cat)
  case "$text" in *wide.start*) echo "<stdin>:7:1: error: no such thing" >&2; exit 1;; esac
  printf '%%s\n' "$text" | exec %[1]s "$@";;
*) exec %[1]s "$@";;
esac
`, c.clang)
	if err := os.WriteFile(refusing, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := New(Options{Dir: t.TempDir(), Clang: refusing})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	m, err := r.Build(context.Background(), Program{Source: "kernel void k(device int *o [[buffer(0)]]) { o[0] = 3; }\n", Engine: EngineWide})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Engines) != 1 || m.Engines[0].Engine != EngineFibers || !strings.Contains(m.Engines[0].Why, "no such thing") {
		t.Errorf("got %+v, want fibers and clang's words", m.Engines)
	}
}
