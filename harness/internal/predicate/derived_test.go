package predicate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
)

// TestQuantitiesOfAMask: what follows from several fields, on both sides of where it changes.
func TestQuantitiesOfAMask(t *testing.T) {
	const head = `{"version":1,"batch":1,"heads":1,"head_dim":8,"input":"fp32",`
	for _, x := range []struct {
		rest, condition string
		want            bool
	}{
		// Keys past the last row's are read with those of its tile.
		{`"q_len":10,"kv_len":20,"mask":{"kind":"causal","align":"top-left"}}`, "visible.gap", true},
		{`"q_len":8,"kv_len":20,"mask":{"kind":"causal","align":"top-left"}}`, "visible.gap", false},
		{`"q_len":10,"kv_len":10,"mask":{"kind":"causal","align":"top-left"}}`, "visible.gap", false},
		{`"q_len":10,"kv_len":20}`, "visible.gap", false},
		{`"q_len":10,"kv_len":20,"mask":{"kind":"bool","shape":"111k","fill":"open","empty_lead":3}}`, "visible.gap", true},
		{`"q_len":10,"kv_len":20,"mask":{"kind":"additive","shape":"111k","fill":"open","empty_lead":3}}`, "visible.gap", true},
		{`"q_len":10,"kv_len":20,"mask":{"kind":"additive","shape":"111k","fill":"open","empty_lead":3,"floor":"-1e9"}}`, "visible.gap", false},
		// An additive mask leaves keys out where nothing else is said.
		{`"q_len":10,"kv_len":20,"mask":{"kind":"additive","shape":"11qk","fill":"open","empty_rows":4}}`, "visible.none", true},
		{`"q_len":10,"kv_len":20,"mask":{"kind":"additive","shape":"11qk","fill":"open","empty_rows":4,"floor":"-1e9"}}`, "visible.none", false},
		// 32 rows end in one block of keys, in two; the last one of 33 stands alone.
		{`"q_len":32,"kv_len":32,"mask":{"kind":"causal","align":"top-left"}}`, "visible.uneven", false},
		{`"q_len":32,"kv_len":33,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.uneven", true},
		{`"q_len":8,"kv_len":40,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.uneven", false},
		{`"q_len":33,"kv_len":40}`, "visible.uneven", true},
		{`"q_len":64,"kv_len":40}`, "visible.uneven", false},
		{`"q_len":24,"kv_len":40}`, "visible.uneven", false},
		// The first of the last rows sees none of the block in which the others begin, or its own head has no sink.
		{`"q_len":40,"kv_len":40,"mask":{"kind":"window","left":3,"right":-1}}`, "visible.starts_empty", true},
		{`"q_len":32,"kv_len":34,"mask":{"kind":"window","left":3,"right":-1}}`, "visible.starts_empty", false},
		{`"q_len":40,"kv_len":40,"sinks":"among","mask":{"kind":"window","left":3,"right":-1}}`, "visible.starts_empty", false},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"bool","shape":"111k","fill":"open","empty_lead":31}}`, "visible.starts_empty", false},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"bool","shape":"111k","fill":"open","empty_lead":32}}`, "visible.starts_empty", true},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"additive","shape":"111k","fill":"open","empty_lead":32,"floor":"-1e9"}}`, "visible.starts_empty", false},
		{`"q_len":4,"kv_len":2,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.starts_empty", true},
		{`"q_len":33,"kv_len":2,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.starts_empty", true},
		{`"q_len":33,"kv_len":1,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.starts_empty", false}, // read for the last row alone
		{`"q_len":33,"kv_len":1,"mask":{"kind":"causal","align":"top-left"}}`, "visible.starts_empty", false},
		// The only row of an entry sees all keys of it by either diagonal, and an entry that uses all has the one of all.
		{`"q_len":4,"kv_len":40,"mask":{"kind":"causal","align":"bottom-right"},"lengths":{"kv":"random"},"values":{"seed":1}}`, "visible.own_diagonal", true},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"causal","align":"top-left"},"lengths":{"kv":"random"},"values":{"seed":1}}`, "visible.own_diagonal", false},
		{`"q_len":1,"kv_len":40,"mask":{"kind":"causal","align":"bottom-right"},"lengths":{"kv":"random"},"values":{"seed":1}}`, "visible.own_diagonal", false},
		{`"q_len":1,"kv_len":40,"mask":{"kind":"window","left":2,"align":"bottom-right"},"lengths":{"kv":"random"},"values":{"seed":1}}`, "visible.own_diagonal", true},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"causal","align":"bottom-right"}}`, "visible.own_diagonal", false},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"causal","align":"bottom-right"},"lengths":{"packed":1},"values":{"seed":1}}`, "visible.own_diagonal", false},
		{`"q_len":4,"kv_len":40,"lengths":{"kv":"random"},"values":{"seed":1}}`, "visible.own_diagonal", false},
		// Padding on the left is before a batch entry, and a window hides keys of it.
		{`"q_len":4,"kv_len":40,"lengths":{"kv":"random","side":"left"},"values":{"seed":3}}`, "visible.begin >= 1", true},
		{`"q_len":4,"kv_len":40,"lengths":{"kv":"random","side":"left"},"values":{"seed":3}}`, "visible.skips == 0", true},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"window","left":1,"right":-1,"align":"top-left"},"lengths":{"kv":"random","side":"left"},"values":{"seed":3}}`, "visible.skips == 2", true},
		{`"q_len":4,"kv_len":40,"mask":{"kind":"window","left":1,"right":-1,"align":"top-left"}}`, "visible.skips == 2", true},
	} {
		p, err := Compile(x.condition)
		require.NoError(t, err)
		got, err := p.Match(decode(t, head+x.rest))
		require.NoError(t, err)
		require.Equal(t, x.want, got, "%s: %s", x.condition, x.rest)
	}
}

// TestInfinitiesClash holds the condition against the numbers that are drawn.
func TestInfinitiesClash(t *testing.T) {
	p, err := Compile("inf_clash")
	require.NoError(t, err)
	seen := map[bool]int{}
	for seed := range uint64(60) {
		for _, mask := range []cases.Mask{{}, {Kind: cases.CausalMask}, {Kind: cases.BoolMask, Shape: "bh1k"}, {Kind: cases.AdditiveMask, Shape: "11qk", Density: 20}} {
			c := cases.Case{Version: 1, Batch: 2, Heads: 4, KVHeads: 2, QLen: 3, KVLen: 60, HeadDim: 2, Mask: mask, Values: cases.Values{Seed: seed, V: cases.WithInf}}
			require.NoError(t, cases.FieldNamed("input").Set(&c, "fp32"))
			require.NoError(t, c.Repair())
			got, err := p.Match(c)
			require.NoError(t, err)
			require.Equal(t, clashes(&c), got, cases.Describe(c))
			seen[got]++
		}
	}
	require.Greater(t, min(seen[true], seen[false]), 20, "both are there")
}

func clashes(c *cases.Case) bool {
	tensors := cases.Materialize(*c)
	rows := c.Rows(tensors)
	bias := make([]float64, c.KVLen)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				first, last := 0, c.KVLen
				if rows != nil {
					first, last = rows.Row(b, h, r, bias)
				}
				for column := range c.VDim() {
					sum := 0.0
					for key := first; key < last; key++ {
						if x := tensors.V.At(b, h/c.Group(), key, column); math.IsInf(x, 0) && (rows == nil || !math.IsInf(bias[key], -1)) {
							sum += x
						}
					}
					if math.IsNaN(sum) {
						return true
					}
				}
			}
		}
	}
	return false
}

// TestWhatDiffersBefore: the names that are no field, and which of the cases before each list is about.
func TestWhatDiffersBefore(t *testing.T) {
	const size = `"batch":1,"heads":1,"q_len":4,"kv_len":9,"head_dim":8,"input":"fp32"`
	const causal = `"mask":{"kind":"causal","align":"top-left"}`
	one := func(fields string) string { return `{"version":1,` + fields + `}` }
	after := func(fields, list string) cases.Case {
		return decode(t, `{"version":1,`+fields+`,"after":[`+list+`]}`)
	}
	plain, masked := one(size), one(size+","+causal)
	shifted := one(size + `,"kv_offset":2,` + causal)
	longer := one(`"batch":1,"heads":1,"q_len":4,"kv_len":10,"head_dim":8,"input":"fp32",` + causal)
	for _, x := range []struct {
		c          cases.Case
		holds, not []string
	}{
		{after(size+","+causal, plain), []string{`"keys" in before.latest_differs`, `"keys" in before.differs`},
			[]string{`"variant" in before.differs`, `"array" in before.differs`, `"diagonal" in before.differs`}},
		{after(size+","+causal, shifted), []string{`"keys" in before.same_size_differs`, `"diagonal" in before.latest_differs`}, []string{`"mask.kind" in before.differs`}},
		{after(size+","+causal, shifted+","+masked), []string{`"keys" in before.latest_differs`}, []string{`"keys" in before.last_differs`, `"diagonal" in before.last_differs`}},
		{after(size+","+causal, masked+","+shifted), []string{`"keys" in before.last_differs`}, nil},
		{after(size+","+causal, shifted+","+longer), []string{`"keys" in before.same_size_differs`}, []string{`len(before.latest_differs) > 0`}},
		{after(size+","+causal, longer+","+shifted), []string{`"keys" in before.latest_differs`}, nil},
		{after(size+","+causal, masked+","+shifted), []string{`"keys" in before.latest_differs`}, nil},
		{after(size+`,"mask":{"kind":"bool","shape":"11qk"}`, plain), []string{`"array" in before.differs`, `"variant" in before.latest_differs`}, []string{`"keys" in before.differs`}},
		{after(size, one(size+`,"softcap":5`)), []string{`"variant" in before.differs`}, []string{`"array" in before.differs`}},
		// Of another size nothing is said of the keys, and the last list is empty.
		{after(size+","+causal, one(`"batch":1,"heads":1,"q_len":4,"kv_len":8,"head_dim":8,"input":"fp32"`)), []string{`"kv_len" in before.differs`},
			[]string{`"keys" in before.differs`, `len(before.latest_differs) > 0`}},
		// Lengths are fields of their own.
		{after(size+`,"lengths":{"kv":"random"}`, one(size+`,"lengths":{"kv":"random","side":"left"}`)), nil, []string{`"keys" in before.differs`}},
	} {
		for want, list := range map[bool][]string{true: x.holds, false: x.not} {
			for _, condition := range list {
				p, err := Compile(condition)
				require.NoError(t, err)
				got, err := p.Match(x.c)
				require.NoError(t, err)
				require.Equal(t, want, got, "%s: %s after %d", condition, cases.Describe(x.c), len(x.c.After))
			}
		}
	}
}
