package gen_test

import (
	"testing"

	"attest.example/attest/harness/internal/gen"
)

func TestFingerprintTellsStreamsApart(t *testing.T) {
	of := func(p gen.Preset, seed uint64, set ...string) string {
		t.Helper()
		var f gen.Filter
		for i := 0; i < len(set); i += 2 {
			if err := f.Set(set[i], set[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		s, err := gen.NewStream(p, seed, f)
		if err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	one := of(gen.Quick, 1)
	if second := of(gen.Quick, 1); second != one {
		t.Errorf("%s, then %s", one, second)
	}
	seen := map[string]string{one: "quick, seed 1"}
	for name, print := range map[string]string{
		"seed 2": of(gen.Quick, 2), "edges": of(gen.Edges, 1), "causal": of(gen.Quick, 1, "mask", "causal"),
	} {
		if other, known := seen[print]; known {
			t.Errorf("%s has the fingerprint of %s", name, other)
		}
		seen[print] = name
	}
}

func BenchmarkFingerprint(b *testing.B) {
	s, err := gen.NewStream(gen.Default, 1, gen.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Fingerprint()
	}
}
