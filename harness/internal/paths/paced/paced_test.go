package paced

import (
	"context"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

func TestTimesFollowFromWorkAndSlowdown(t *testing.T) {
	seconds := func(name string, mask cases.MaskKind) float64 {
		p, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name() != "paced:"+name {
			t.Errorf("name %q", p.Name())
		}
		c := cases.Case{Version: cases.Version, Batch: 1, Heads: 2, QLen: 5, KVLen: 7, HeadDim: 4, Input: precision.FP32, Mask: cases.Mask{Kind: mask}}
		if err := c.Normalize(); err != nil {
			t.Fatal(err)
		}
		timing, err := p.Attend(context.Background(), c, cases.Materialize(c))
		if err != nil || len(timing.DeviceSeconds) != 1 {
			t.Fatalf("%v, %v; want one dispatch", timing, err)
		}
		return timing.DeviceSeconds[0]
	}
	near := func(got, want float64) bool { return got > want*(1-3*noise) && got < want*(1+3*noise) }
	base := seconds("1", "")
	if !near(base, 280*secondsPerProduct) || base != seconds("1", "") {
		t.Errorf("%g s for 280 products, and the same again", base)
	}
	if slow := seconds("4", ""); !near(slow, 4*base) || slow == 4*base {
		t.Errorf("%g s at four times %g s, but for the noise", slow, base)
	}
	if plain, causal := seconds("3,causal", ""), seconds("3,causal", cases.CausalMask); !near(plain, base) || !near(causal, 3*base) {
		t.Errorf("%g and %g s: want the causal case slow alone", plain, causal)
	}
}

func TestOpenRefusesWhatIsNoSlowdown(t *testing.T) {
	for _, argument := range []string{"", "fast", "0", "-1", "1000", "NaN"} {
		if _, err := Open(argument); err == nil {
			t.Errorf("%q is a slowdown", argument)
		}
	}
}
