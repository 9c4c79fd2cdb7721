package bench

import (
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
)

// Row is a line of the table.
type Row struct {
	Section string     `json:"section"`
	Case    cases.Case `json:"case"`
	// Dispatches is how many times a measured call runs the kernel.
	Dispatches int `json:"dispatches"`
	// Anchor rows verify the number of dispatches with more counts than the others.
	Anchor bool `json:"-"`
}

// Dispatches of a measured call, as in the figures of the metal-flash-attention libraries.
const Dispatches = 5

// The sections of the table.
const (
	Plain      = "one head, fp32"
	Causal     = "the same under a causal mask"
	Precisions = "fp16 and bf16"
	Heads      = "several heads"
	Keys       = "64 rows over more and more keys"
	Many       = "as many heads as a large device wants"
)

// Grid returns rows that keep a large device busy: heads heads of n rows and n keys, in each precision at the usual
// head_dim, and under a causal mask in two.
func Grid(n, heads int) ([]Row, error) {
	var rows []Row
	for _, f := range []precision.Format{precision.FP32, precision.FP16, precision.BF16} {
		for _, kind := range []cases.MaskKind{"", cases.CausalMask} {
			for _, headDim := range []int{64, 128, 256} {
				if kind != "" && headDim == 256 {
					continue
				}
				c := cases.Case{Version: cases.Version, Batch: 1, Heads: heads, KVHeads: heads, QLen: n, KVLen: n, HeadDim: headDim, Input: f,
					Mask: cases.Mask{Kind: kind}, Values: cases.Values{Seed: 1}}
				if err := c.Normalize(); err != nil {
					return nil, fmt.Errorf("%d heads of %d rows and keys: %w", heads, n, err)
				}
				rows = append(rows, Row{Section: Many, Case: c, Dispatches: Dispatches})
			}
		}
	}
	return rows, nil
}

// Table returns the rows. n is q_len and kv_len where they are equal, 1024 in the published figures; the rows over many
// keys end at maxKeys.
func Table(n, maxKeys int) ([]Row, error) {
	var rows []Row
	var err error
	add := func(section string, c cases.Case) *Row {
		c.Version = cases.Version
		if e := c.Normalize(); e != nil && err == nil {
			err = fmt.Errorf("table row %q: %w", section, e)
		}
		rows = append(rows, Row{Section: section, Case: c, Dispatches: Dispatches})
		return &rows[len(rows)-1]
	}
	square := func(f precision.Format, heads, kvHeads, headDim int, kind cases.MaskKind) cases.Case {
		return cases.Case{Batch: 1, Heads: heads, KVHeads: kvHeads, QLen: n, KVLen: n, HeadDim: headDim, Input: f,
			Mask: cases.Mask{Kind: kind}, Values: cases.Values{Seed: 1}}
	}
	for _, headDim := range []int{16, 64, 256} {
		add(Plain, square(precision.FP32, 1, 1, headDim, "")).Anchor = headDim == 64
	}
	for _, headDim := range []int{16, 64, 256} {
		add(Causal, square(precision.FP32, 1, 1, headDim, cases.CausalMask))
	}
	for _, f := range []precision.Format{precision.FP16, precision.BF16} {
		add(Precisions, square(f, 1, 1, 64, ""))
		add(Precisions, square(f, 1, 1, 64, cases.CausalMask))
	}
	for _, heads := range []struct{ heads, kvHeads int }{{8, 8}, {8, 2}} {
		add(Heads, square(precision.FP16, heads.heads, heads.kvHeads, 64, ""))
	}
	for kv := 128; kv <= maxKeys; kv *= 2 {
		c := square(precision.FP16, 1, 1, 64, "")
		c.QLen, c.KVLen = 64, kv
		add(Keys, c)
	}
	return rows, err
}
