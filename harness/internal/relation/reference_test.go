package relation

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestReferenceKeepsEveryLaw: both references, rounded to the output's format, satisfy every law over random cases of
// every kind. Every law must have compared something.
func TestReferenceKeepsEveryLaw(t *testing.T) {
	count := 600
	if testing.Short() {
		count = 150
	}
	compared, checked := map[string]int{}, map[string]int{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range count {
		c := randomCase(r)
		path := exact{loops: i%2 == 1}
		if i%3 == 0 {
			path.arithmetic = randomArithmetic(r)
		}
		s, err := subject(path, c)
		if err != nil {
			t.Fatal(err)
		}
		s.thorough = true
		for _, l := range Applicable(c, s.Promises) {
			before := s.Compared
			if err := l.Check(t.Context(), s); err != nil {
				t.Errorf("loops %v: %v\n%s", path.loops, err, describe(c, s.Arithmetic))
			}
			checked[l.Name]++
			compared[l.Name] += s.Compared - before
		}
		if t.Failed() && i > 100 {
			t.FailNow()
		}
	}
	for _, l := range All() {
		t.Logf("%-18s %4d cases, %8d elements", l.Name, checked[l.Name], compared[l.Name])
		if compared[l.Name] == 0 {
			t.Errorf("law %s compared nothing", l.Name)
		}
	}
}

// TestSignsChangeNoBound: negate-scale holds both runs to the base's bounds, which must be those of the negated problem.
func TestSignsChangeNoBound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s, err := subject(exact{arithmetic: randomArithmetic(r)}, randomCase(r))
		if err != nil {
			t.Fatal(err)
		}
		a := &application{Subject: s, ctx: t.Context()}
		c, tensors, err := a.rescaled(-1)
		if err != nil {
			t.Fatal(err)
		}
		if tensors == nil {
			continue
		}
		truth, err := a.truth(c, tensors)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(truth.Bound, s.Truth.Bound) || !slices.Equal(truth.LSEBound, s.Truth.LSEBound) || !slices.Equal(truth.OutputDemand, s.Truth.OutputDemand) {
			t.Fatalf("the bounds of the negated problem are others\n%s", describe(c, s.Arithmetic))
		}
	}
}
