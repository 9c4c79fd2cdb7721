package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal/internal/msl"
)

// TestATextInPieces: what a text's pieces are is not seen in what is counted.
func TestATextInPieces(t *testing.T) {
	var text strings.Builder
	text.WriteString("#include <metal_stdlib>\ntemplate <int N> kernel void t(device int *o [[buffer(0)]]) { static_assert(N != 5, \"five\"); o[0] = N; }\n")
	for n := range 9 {
		fmt.Fprintf(&text, "template [[host_name(\"t%d\")]] kernel void t<%[1]d>(device int *o [[buffer(0)]]);\n", n)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "k.metal")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := msl.New(msl.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	type way struct {
		noCode bool
		pieces int
	}
	ways := []way{{true, 4}, {false, 4}, {false, 100}, {true, 100}}
	if testing.Short() {
		ways = ways[:2]
	}
	for _, way := range ways {
		var told strings.Builder
		n := way.pieces
		b := &builder{compiler: c, noCode: way.noCode, piece: n, deadline: time.Minute, turn: make(chan bool, 2), told: progress{to: &told, of: 1}}
		r := b.text(msl.Program{}, file)
		b.told.text(r, dir, file)
		for i := 1; n < 9 && i <= 3; i++ {
			if !strings.Contains(told.String(), fmt.Sprintf("k.metal: piece %d of 3: ", i)) {
				t.Errorf("nothing is told of piece %d:\n%s", i, told.String())
			}
		}
		if want := "1 of 1: | k.metal | 8 | 1 | "; !strings.Contains(told.String(), want) {
			t.Errorf("told, want a line with %q:\n%s", want, told.String())
		}
		if r.wrong != "" || r.kernels != 8 || r.skipped != 1 || r.left[0].Name != "t5" {
			t.Errorf("%+v: %+v, want 8 kernels and t5 left out", way, r)
		}
	}
	b := &builder{compiler: c, piece: 1, deadline: time.Minute, turn: make(chan bool, 2)}
	if r := b.text(msl.Program{}, file); !strings.Contains(r.wrong, "piece 5 of 9: ") || r.kernels != 8 {
		t.Errorf("a piece with nothing that builds: %+v", r)
	}
}
