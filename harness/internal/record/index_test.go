package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/verdict"
)

// Lines are found again by their places, also behind damaged and endless ones and without a newline at the end.
func TestLinesAreFoundByTheirPlaces(t *testing.T) {
	dir := t.TempDir()
	run, err := Open(filepath.Join(dir, "run"), struct{}{}, Header{Path: "p"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := run.Append(result(t, i, verdict.Verdict{Kind: verdict.Pass})); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "run", ResultsFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	mixed := lines[2] + "bad\n" + strings.Repeat("x", MaxLineBytes+70_000) + "\n" + lines[0] + lines[0] + strings.TrimSuffix(lines[1], "\n")
	if err := os.WriteFile(file, []byte(mixed), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLines(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(l.Damage) != 3 {
		t.Errorf("%d damaged: %v", len(l.Damage), l.Damage)
	}
	var indices []int
	for _, p := range l.Places {
		r, err := l.Read(p)
		if err != nil || r.Index != p.Index {
			t.Errorf("at %d: case %d, %v; want %d", p.Offset, r.Index, err, p.Index)
		}
		indices = append(indices, p.Index)
	}
	if len(indices) != 3 || indices[0] != 2 || indices[1] != 0 || indices[2] != 1 {
		t.Errorf("%v", indices)
	}
}
