package msl

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFlippedBitsInATextAreRewrittenOrRefused flips bits of real texts, as FuzzRewrite does with more patience: the rewriter
// refuses what comes of it or rewrites it, in every math mode, and never panics or loses a line.
func TestFlippedBitsInATextAreRewrittenOrRefused(t *testing.T) {
	names, err := filepath.Glob("testdata/semantics/*.metal")
	if err != nil || len(names) == 0 {
		t.Fatal("no texts: ", err)
	}
	random := rand.New(rand.NewPCG(12, 4))
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for _, name := range append(names, "../../kernels/attention.metal") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for round := range rounds {
			flipped := []byte(string(source))
			var at int
			for range 1 + round%3 {
				at = random.IntN(len(flipped))
				flipped[at] ^= 1 << random.IntN(8)
			}
			func() {
				defer func() {
					if value := recover(); value != nil {
						t.Errorf("%s, a bit of byte %d (round %d): %v", name, at, round, value)
					}
				}()
				text := string(flipped)
				p := Program{File: "flipped", Math: MathMode(round % 3)}
				r, err := rewrite(text, &p, cpu{}, nil)
				if err == nil && strings.Count(r.text, "\n") < strings.Count(withoutMetalPragmas(text, false), "\n") {
					t.Errorf("%s, a bit of byte %d (round %d): lines were lost", name, at, round)
				}
				reflect(text, &Program{File: "flipped"})
			}()
		}
	}
}
