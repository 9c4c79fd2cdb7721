package relation

import (
	"math/rand/v2"
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
