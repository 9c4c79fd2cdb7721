package main

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trigger"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

// An emulated bug is what a mutant does, worked out from a case without running a kernel: from its rows and keys, from what
// is kept of the call before, and from the very numbers that the case draws.
type emulated struct {
	name              string
	strikes           func(*cases.Case) bool
	takes             func(*cases.Case) bool // nil: every case
	fresh             int                    // cases that the found triggers are held against
	precision, recall float64                // the least that the triggers have
}

var emulatedBugs = []emulated{
	{"align-of-the-first-call", keptDiagonal, nil, 2000, 0.9, 0.9},
	{"causal-of-the-first-call", keptRange, nil, 2000, 0.9, 0.9},
	{"inf-in-v-of-one-sign", infinitiesOfBothSigns, nil, 2000, 0.9, 0.9},
	// Whether a maximum grows from one block to the next, and shows, is left to the values; the condition is where it can.
	{"correction-without-log2e", maximumGrows, nil, 400, 0.75, 0.98},
	// NaN that some rows see and others do not is a way of its own in which it strikes, and rare.
	{"masked-nan-in-v-leaks", specialsLeak, nil, 400, 0.9, 0.8},
	{"barrier-per-simdgroup", blocksDiffer, nil, 2000, 0.9, 0.9},
	{"maximum-from-zero", maximumFromZero, nil, 300, 0.95, 0.95},
	{"finite-infinity-above-the-logits", infinityAboveLogits, nil, 300, 0.95, 0.95},
	// How many rows walk through the keys together is not always 32.
	{"maximum-not-carried", maximumNotCarried, nil, 300, 0.9, 0.9},
	{"scores-end-at-448", pastFP8, nil, 300, 0.95, 0.95}, // an edge that is none of the usual ones
	{"empty-leading-block", startsEmpty, nil, 400, 0.9, 0.9},
	{"causal-ragged-rows-past-k", readsPastKeys, nil, 2000, 0.9, 0.9},
	{"columns-apart-only-transposed", columnsApart, nil, 2000, 0.95, 0.99},
	{"buffer-page-offset-lost", insidePages, plain, 2000, 0.9, 0.9},
	{"window-ignored-at-one-row", oneRowWithoutWindow, nil, 4000, 0.9, 0.9},
	{"window-begin-of-the-last-row", beginsWithTheLastRow, nil, 4000, 0.9, 0.9},
	{"bottom-right-of-the-longest", diagonalOfTheLongest, nil, 2000, 0.9, 0.9},
}

// keyRange is what plan.c makes of a mask.
func keyRange(c *cases.Case) [2]int {
	const none = 1 << 40
	d := c.KVOffset
	if c.Mask.Align == cases.BottomRight {
		d = c.KVLen - c.QLen
	}
	r := [2]int{-none, none}
	switch {
	case c.Mask.IsCausal():
		r[1] = d + 1
	case c.Mask.IsWindow():
		if c.Mask.Left >= 0 {
			r[0] = d - c.Mask.Left
		}
		if c.Mask.Right >= 0 {
			r[1] = d + c.Mask.Right + 1
		}
	}
	return r
}

// seesOtherKeys reports whether rows see other keys by a range than by the case's own.
func seesOtherKeys(c *cases.Case, r [2]int) bool {
	own := keyRange(c)
	for row := range c.QLen {
		clamp := func(n int) int { return max(0, min(row+n, c.KVLen)) }
		if a, b, x, y := clamp(own[0]), clamp(own[1]), clamp(r[0]), clamp(r[1]); (a != x || b != y) && (a < b || x < y) {
			return true
		}
	}
	return false
}

// shows reports whether v tells one weight from another.
func shows(c *cases.Case) bool { return c.Values.V != cases.Zero && c.Values.V != cases.Constant }

// keptDiagonal keeps the range of the last call with the same sizes and the same kind of mask.
func keptDiagonal(c *cases.Case) bool {
	type kind struct {
		batch, heads, q, kv, dim, left, right int
		causal, window                        bool
	}
	var last kind
	var kept [2]int
	for _, one := range append(append([]cases.Case{}, c.After...), *c) {
		k := kind{one.Batch, one.Heads, one.QLen, one.KVLen, one.HeadDim, 0, 0, one.Mask.IsCausal(), one.Mask.IsWindow()}
		if k.window {
			k.left, k.right = one.Mask.Left, one.Mask.Right
		}
		if k != last {
			last, kept = k, keyRange(&one)
		}
	}
	return shows(c) && seesOtherKeys(c, kept)
}

// keptRange keeps the range of a pipeline's last call with the same sizes.
func keptRange(c *cases.Case) bool {
	type pipeline struct {
		input                                             string
		class                                             int
		mask, softcap, terms, ragged, paged, quant, vDims bool
	}
	type kept struct {
		batch, heads, q, kv int
		keys                [2]int
	}
	old := map[pipeline]kept{}
	var used [2]int
	for _, one := range append(append([]cases.Case{}, c.After...), *c) {
		class := 32
		for class < one.VDim() {
			class *= 2
		}
		p := pipeline{one.Input.String(), class, one.Mask.IsArray(), one.Softcap != 0, one.Alibi != "" || one.Sinks != "", one.Ragged(), one.Paging.Page > 0,
			one.Quant.Any(), one.VDim() != one.HeadDim}
		k := kept{one.Batch, one.Heads, one.QLen, one.KVLen, keyRange(&one)}
		if o := old[p]; o.batch == k.batch && o.heads == k.heads && o.q == k.q && o.kv == k.kv {
			k.keys = o.keys
		}
		old[p], used = k, k.keys
	}
	return shows(c) && seesOtherKeys(c, used)
}

// infinitiesOfBothSigns reports whether a row sees infinities of both signs in one column of v.
func infinitiesOfBothSigns(c *cases.Case) bool {
	if c.Values.V != cases.WithInf || integers(c) {
		return false
	}
	t := cases.Materialize(*c)
	m := c.Rows(t)
	bias := make([]float64, c.KVLen)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				first, last := c.Span(b, r)
				if m != nil {
					first, last = m.Row(b, h, r, bias)
				}
				for d := range c.VDim() {
					signs := 0
					for k := first; k < last; k++ {
						if m != nil && math.IsInf(bias[k], -1) {
							continue
						}
						switch x := t.V.At(b, h/c.Group(), k, d); {
						case math.IsInf(x, 1):
							signs |= 1
						case math.IsInf(x, -1):
							signs |= 2
						case math.IsNaN(x):
							signs |= 4
						}
					}
					if signs == 3 {
						return true
					}
				}
			}
		}
	}
	return false
}

// rowsShared is how many rows share a threadgroup on the host.
func rowsShared(c *cases.Case) int {
	n := min(4, max(1, 512/((c.HeadDim+7)/8*8)))
	return 8 * min(n, (c.QLen+7)/8)
}

// spanOfRows is the union of what some rows see, as the kernel has it.
func spanOfRows(c *cases.Case, batch, first, count int) (begin, end int) {
	if first >= c.QLen {
		return 0, 0
	}
	begin, _ = c.Span(batch, first)
	_, end = c.Span(batch, min(first+count, c.QLen)-1)
	return begin, end
}

// maximumGrows reports whether a row's maximum grows from one block of 32 keys to a later one, by enough to show.
func maximumGrows(c *cases.Case) bool {
	if !shows(c) {
		return false
	}
	t := cases.Materialize(*c)
	m := c.Rows(t)
	bias := make([]float64, c.KVLen)
	for b := range c.Batch {
		for h := range c.Heads {
			for r := range c.QLen {
				first, last := c.Span(b, r)
				clear(bias)
				if m != nil {
					first, last = m.Row(b, h, r, bias)
				}
				highest, has := math.Inf(-1), false
				if t.Sinks != nil {
					highest = t.Sinks.At(0, 0, 0, h)
					has = !math.IsInf(highest, -1)
				}
				for k0 := first / 32 * 32; k0 < last; k0 += 32 {
					block := math.Inf(-1)
					for k := max(first, k0); k < min(last, k0+32); k++ {
						dot := 0.0
						for d := range c.HeadDim {
							dot += t.Q.At(b, h, r, d) * t.K.At(b, h/c.Group(), k, d)
						}
						if s := dot * float64(c.EffectiveScale()); c.Softcap != 0 {
							block = max(block, float64(c.Softcap)*math.Tanh(s/float64(c.Softcap))+bias[k])
						} else {
							block = max(block, s+bias[k])
						}
					}
					if math.IsInf(block, -1) || math.IsNaN(block) {
						continue
					}
					grown := block - highest
					if has && grown > 0 && math.Exp2(-grown)-math.Exp(-grown) > visibleError(c) {
						return true
					}
					if !has || block > highest {
						highest, has = block, true
					}
				}
			}
		}
	}
	return false
}

// visibleError is the share of an output by which it must be off to be seen.
func visibleError(c *cases.Case) float64 {
	switch {
	case c.Output == precision.BF16 || c.Input == precision.BF16:
		return 2e-2
	case c.Output == precision.FP16 || c.Input == precision.FP16:
		return 3e-3
	}
	return 1e-5
}

// specialsLeak reports whether a tile of v that rows multiply holds NaN or Inf in a row that one of them does not see.
func specialsLeak(c *cases.Case) bool {
	if integers(c) || c.Values.Masked == "" && c.Values.V != cases.WithNaN && c.Values.V != cases.WithInf && c.Values.V != cases.WithSNaN || c.Values.Masked == cases.MaskedHuge {
		return false
	}
	t := cases.Materialize(*c)
	m := c.Rows(t)
	bias := make([]float64, c.KVLen)
	special := func(b, kv, k int) bool {
		for d := range c.VDim() {
			if x := t.V.At(b, kv, k, d); math.IsNaN(x) || math.IsInf(x, 0) {
				return true
			}
		}
		return false
	}
	for b := range c.Batch {
		for h := range c.Heads {
			for r0 := 0; r0 < c.QLen; r0 += 8 {
				begin, end := spanOfRows(c, b, r0, 8)
				group := rowsShared(c)
				_, groupEnd := spanOfRows(c, b, r0/group*group, group)
				if begin >= end {
					continue
				}
				for k := begin / 8 * 8; k < min((end+7)/8*8, c.KVLen, (groupEnd+7)/8*8); k++ {
					if !special(b, h/c.Group(), k) {
						continue
					}
					for r := r0; r < min(r0+8, c.QLen); r++ {
						first, last := c.Span(b, r)
						clear(bias)
						if m != nil {
							first, last = m.Row(b, h, r, bias)
						}
						some := false
						for i := first; i < last; i++ {
							some = some || !math.IsInf(bias[i], -1)
						}
						if hidden := k < first || k >= last || math.IsInf(bias[k], -1); hidden && some {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// blocksDiffer reports whether simdgroups of one threadgroup loop over different numbers of blocks.
func blocksDiffer(c *cases.Case) bool {
	if !shows(c) {
		return false
	}
	group := rowsShared(c)
	for b := range c.Batch {
		for _, e := range entriesOf(c, b) {
			for first := e.QBegin; first < e.QEnd; first += group {
				begin, end := seenByRows(c, b, first, min(first+group, e.QEnd))
				blocks := func(end int) int { return max(0, (end-begin/32*32+31)/32) }
				for r := first; r < first+group; r += 8 {
					if _, last := seenByRows(c, b, r, min(r+8, e.QEnd)); blocks(last) != blocks(end) {
						return true
					}
				}
			}
		}
	}
	return false
}

// columnsApart leaves out columns that are apart but where they are further apart than rows.
func columnsApart(c *cases.Case) bool {
	return c.ColumnsApart("q") || c.Paging.Page == 0 && (c.ColumnsApart("k") || c.ColumnsApart("v"))
}

// insidePages reports whether a buffer does not begin on a page: half of all cases end on one.
func insidePages(c *cases.Case) bool {
	t, err := cases.Layouts(*c)
	if err != nil || !worker.AtEnd(*c) {
		return false
	}
	for _, b := range t.Buffers() {
		if (b.Bytes+15)/16*16%4096 != 0 {
			return true
		}
	}
	return false
}

// readsPastKeys reads a whole tile of 8 keys where k has fewer. It is seen where memory ends right behind k, and where small pages
// have to be looked up that no table names.
func readsPastKeys(c *cases.Case) bool {
	if !worker.AtEnd(*c) && (c.Paging.Page < 1 || c.Paging.Page > 7) {
		return false
	}
	group := rowsShared(c)
	for b := range c.Batch {
		for r := 0; r < c.QLen; r += group {
			if begin, end := spanOfRows(c, b, r, group); begin < end && (end+7)/8*8 > c.KVLen {
				return true
			}
		}
	}
	return false
}

// plain reports whether the functions of the ABI without descriptors take a case, nearly.
func plain(c *cases.Case) bool {
	return c.Group() == 1 && !c.Mask.IsWindow() && !(c.Mask.IsArray() && c.LSE) && !(c.Mask.Align == cases.BottomRight && c.QLen != c.KVLen) &&
		c.KVOffset == 0 && c.Softcap == 0 && c.Alibi == "" && c.Sinks == "" && !c.Ragged() && c.Paging.Page == 0 && !c.Quant.Any() && c.VDim() == c.HeadDim
}

// integers reports whether v is quantised.
func integers(c *cases.Case) bool { return c.Quant.V != "" && c.Quant.V != cases.NotQuantised }

// TestEmulatedBugs finds the triggers of bugs that mutants have, as they really strike and not as a condition has it.
func TestEmulatedBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	for _, bug := range emulatedBugs {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			s := bug.search(t)
			found := s.triggers()
			for i, f := range s.lab.Findings() {
				t.Logf("%d: %s (%d probes) %s", i, f.Trigger, f.Probes, f.Note)
			}
			t.Logf("%d probes, %d kernels", s.lab.Probes(), s.lab.Kernels())
			require.NotEmpty(t, s.lab.Findings())
			a := bug.agreement(t, found)
			t.Logf("precision %.3f, recall %.3f of %.0f", a.precision(), a.recall(), a.truth)
			require.GreaterOrEqual(t, a.precision(), bug.precision)
			require.GreaterOrEqual(t, a.recall(), bug.recall)
		})
	}
}

// search looks for the triggers as a proof does: in a third of the cases, and where none fails in the others.
func (bug *emulated) search(t *testing.T) (s *search) {
	ask := func(_ context.Context, c cases.Case) (verdict.Kind, error) {
		switch {
		case bug.takes != nil && !bug.takes(&c):
			return verdict.Unsupported, nil
		case bug.strikes(&c):
			return verdict.Numeric, nil
		}
		return verdict.Pass, nil
	}
	for seed := 1; seed <= 4; seed++ {
		var err error
		s, err = searching(ask, gen.Default, uint64(seed), 3, t.Logf)
		require.NoError(t, err)
		require.NoError(t, s.run(t.Context(), 53*seed))
		if len(s.lab.Findings()) > 0 {
			break
		}
	}
	return s
}

// agreement holds the triggers against what the bug does, those cases aside that it leaves right and that may hide it.
func (bug *emulated) agreement(t *testing.T, found []string) (a agreement) {
	when, err := compiled(found)
	require.NoError(t, err)
	require.NoError(t, eachFresh(t.Context(), gen.Default, bug.fresh, func(c cases.Case) error {
		strikes := bug.strikes(&c)
		match, err := anyOf(when, c)
		if strikes || match && !trigger.MayHide(&c) {
			a.add(match, strikes)
		}
		return err
	}))
	return a
}
