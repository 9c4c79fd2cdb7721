package relation

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/reference"
)

// TestChoose: the same case gets the same laws, in an order of their own; a longer choice extends a shorter one; and
// over many cases every law has its turn.
func TestChoose(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	turns := map[string]int{}
	for range 400 {
		c := randomCase(r)
		all, few := Choose(c, paths.AllPromises(), 99), Choose(c, paths.AllPromises(), 3)
		if len(all) != len(Applicable(c, paths.AllPromises())) {
			t.Fatalf("Choose(99) gives %d laws of %d", len(all), len(Applicable(c, paths.AllPromises())))
		}
		second := c.Clone()
		second.Notes = "notes are no part of a case"
		if got := names(Choose(second, paths.AllPromises(), 3)); !slices.Equal(got, names(few)) || !slices.Equal(got, names(all)[:len(got)]) {
			t.Fatalf("%v, then %v, of %v", names(few), got, names(all))
		}
		for _, l := range few {
			turns[l.Name]++
		}
	}
	for _, l := range All() {
		if turns[l.Name] == 0 {
			t.Errorf("law %s is never among the first three of 400 cases", l.Name)
		}
	}
}

func names(laws []Law) (list []string) {
	for _, l := range laws {
		list = append(list, l.Name)
	}
	return list
}

// TestPromises: what a path does not promise is not held against it.
func TestPromises(t *testing.T) {
	c := plain(t, 1, topLeft)
	for _, l := range Applicable(c, paths.Promises{}) {
		if l.Bits {
			t.Errorf("law %s is held against a path that promises nothing", l.Name)
		}
	}
	for _, test := range []struct {
		without paths.Promises
		gone    []string
	}{
		{paths.Promises{MaskedBits: true, Independent: true, FutureBits: true, NaN: true, AnyRows: true}, []string{"twice", "slack"}},
		{paths.Promises{Deterministic: true, Independent: true, FutureBits: true, NaN: true, AnyRows: true}, []string{"masked-slots", "blind-row"}},
		{paths.Promises{Deterministic: true, MaskedBits: true, FutureBits: true, NaN: true, AnyRows: true}, []string{"blind-row", "independent-rows", "independent-heads", "fewer-rows", "chunks"}},
		{paths.Promises{Deterministic: true, MaskedBits: true, Independent: true, NaN: true, AnyRows: true}, []string{"future"}},
		{paths.Promises{Deterministic: true, MaskedBits: true, Independent: true, FutureBits: true, NaN: true}, []string{"fewer-rows", "chunks"}},
	} {
		kept := names(Applicable(c, test.without))
		for _, name := range names(Applicable(c, paths.AllPromises())) {
			if slices.Contains(test.gone, name) == slices.Contains(kept, name) {
				t.Errorf("promises %+v: laws %v, want all but %v", test.without, kept, test.gone)
			}
		}
	}
}

// TestLawsAreWellFormed: names are unique, Named finds them, and every law has its statement in words.
func TestLawsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range All() {
		if seen[l.Name] || l.Name == "" || l.Statement == "" {
			t.Errorf("law %+v", l)
		}
		seen[l.Name] = true
		if found, err := Named(l.Name); err != nil || found.Statement != l.Statement {
			t.Errorf("Named(%q): %+v, %v", l.Name, found, err)
		}
	}
	if _, err := Named("no-such-law"); err == nil {
		t.Error("Named finds a law that is not there")
	}
}

// TestSkips: a law whose derived case the path does not support notes that, and judges nothing.
func TestSkips(t *testing.T) {
	s, err := subject(exact{}, plain(t, 1, topLeft))
	if err != nil {
		t.Fatal(err)
	}
	s.Path = choosy{exact{}}
	for _, name := range []string{"gqa-expand", "restate-mask"} {
		law, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		before := s.Compared
		if err := law.Check(t.Context(), s); err != nil || s.Compared != before {
			t.Errorf("law %s: %v after %d comparisons", name, err, s.Compared-before)
		}
	}
	if len(s.Skips) != 2 {
		t.Errorf("skips %q, want two", s.Skips)
	}
}

// choosy supports grouped heads under a causal mask alone.
type choosy struct{ exact }

func (choosy) Supports(c cases.Case) error {
	if c.KVHeads == c.Heads || c.Mask.Kind != cases.CausalMask {
		return &cases.FieldError{Field: "kv_heads", Got: c.KVHeads, Want: "fewer than heads"}
	}
	return nil
}

// TestCheckNeedsItsSubject: what is missing is named.
func TestCheckNeedsItsSubject(t *testing.T) {
	s, err := subject(exact{}, plain(t, 1, cases.Mask{}))
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func(*Subject){
		"no tensors": func(s *Subject) { s.Tensors = nil },
		"no path":    func(s *Subject) { s.Path = nil },
		"no truth":   func(s *Subject) { s.Truth = nil },
		"no bounds":  func(s *Subject) { s.Truth = &reference.Result{} },
		"no group":   func(s *Subject) { s.Case.KVHeads = s.Case.Heads },
	} {
		harmed := *s
		harm(&harmed)
		if err := expandGroups.Check(t.Context(), &harmed); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// BenchmarkLaws reports what a check costs beside the run that it starts with. The path does nothing, so that what is
// measured is the law's own work.
func BenchmarkLaws(b *testing.B) {
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 8, KVHeads: 2, QLen: 256, KVLen: 256, HeadDim: 64, Input: precision.FP16, LSE: true,
		Mask: cases.Mask{Kind: cases.AdditiveMask, Shape: "11qk"}}
	if err := c.Normalize(); err != nil {
		b.Fatal(err)
	}
	b.Run("base", func(b *testing.B) {
		for b.Loop() {
			if _, err := subject(exact{}, c); err != nil {
				b.Fatal(err)
			}
		}
	})
	s, err := subject(exact{}, c)
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range Applicable(c, s.Promises) {
		b.Run(l.Name, func(b *testing.B) {
			for b.Loop() {
				fresh := *s
				fresh.Run, fresh.columnsOnce = nothing, nil
				l.Check(b.Context(), &fresh) // poisoned outputs break the law, after as much work as sound ones
			}
		})
	}
}

func nothing(context.Context, cases.Case, *cases.Tensors) error { return nil }

// TestNewKeysNeedPlacesOfTheirOwn: where pages share memory, a key that is added behind a cache overwrites one that is there.
func TestNewKeysNeedPlacesOfTheirOwn(t *testing.T) {
	for text, want := range map[string]bool{`[256,64,64,1]`: true, `[0,256,64,1]`: false} {
		c, err := cases.Decode([]byte(`{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":9,"head_dim":64,"input":"fp32",
			"mask":{"kind":"causal","align":"bottom-right"},"paging":{"page":4},"layout":{"v":{"strides":` + text + `}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := longerCache.Applies(c, paths.Promises{}); got != want {
			t.Errorf("strides %s: the law applies: %t; want %t", text, got, want)
		}
	}
}
