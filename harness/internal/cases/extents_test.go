package cases

import (
	"math/rand"
	"strings"
	"testing"

	"attest.example/attest/harness/internal/precision"
)

// emptyCases are cases with each extent of 0, alone and with another, among everything else that a case can have.
func emptyCases(t *testing.T) (list []Case) {
	t.Helper()
	for seed := range int64(400) {
		d := rand.New(rand.NewSource(seed))
		c := Case{Version: 1, Batch: 1 + d.Intn(3), Heads: 4, KVHeads: 1 << d.Intn(3), QLen: 1 + d.Intn(9), KVLen: 1 + d.Intn(40),
			HeadDim: 1 + d.Intn(40), Input: precision.Formats()[d.Intn(3)], LSE: d.Intn(2) == 0, Values: Values{Seed: uint64(seed), Masked: MaskedNaN}}
		switch d.Intn(5) {
		case 0:
			c.Mask = Mask{Kind: CausalMask, Align: []Align{TopLeft, BottomRight}[d.Intn(2)]}
		case 1:
			c.Mask = Mask{Kind: WindowMask, Left: d.Intn(5), Right: d.Intn(3) - 1}
		case 2:
			c.Mask = Mask{Kind: BoolMask, Shape: maskShapes[d.Intn(len(maskShapes))], Offset: d.Intn(3)}
		case 3:
			c.Mask = Mask{Kind: AdditiveMask, Shape: maskShapes[d.Intn(len(maskShapes))], Pad: d.Intn(3), EmptyRows: 0}
		}
		for _, o := range []*Operand{&c.Layout.Q, &c.Layout.K, &c.Layout.V, &c.Layout.Out} {
			switch d.Intn(4) {
			case 0:
				*o = Operand{Order: BSHD, Pad: d.Intn(5), Offset: d.Intn(5)}
			case 1:
				*o = Operand{Transpose: true, Pad: d.Intn(5)}
			}
		}
		switch d.Intn(4) {
		case 0:
			c.Lengths = Lengths{Q: lengthFills[1+d.Intn(2)], KV: lengthFills[1+d.Intn(2)], Side: lengthSides[d.Intn(2)]}
		case 1:
			c.Lengths = Lengths{Packed: 1 + d.Intn(9)}
		}
		if d.Intn(3) == 0 {
			AnyPaging(d, &c)
		}
		if d.Intn(3) == 0 {
			AnyQuant(d, &c)
		}
		c.Sinks, c.Alibi = []SinkFill{"", SinksAmong}[d.Intn(2)], []SlopeFill{"", RandomSlopes}[d.Intn(2)]
		for _, regime := range []*Regime{&c.Values.Q, &c.Values.K, &c.Values.V} {
			*regime = Regimes()[d.Intn(len(Regimes()))]
		}
		if zero := 1 + d.Intn(7); zero > 0 {
			for i, extent := range []*int{&c.Batch, &c.QLen, &c.KVLen} {
				if zero>>i&1 == 1 {
					*extent = 0
				}
			}
		}
		c.Paging.Shared = min(c.Paging.Shared, c.pagesEach())
		if err := c.Repair(); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		list = append(list, c)
	}
	return list
}

// TestEmptyCasesAreCases takes each through everything that asks a case: none divides by an extent or reads what is not there.
func TestEmptyCasesAreCases(t *testing.T) {
	for _, c := range emptyCases(t) {
		read, err := Decode(Encode(c))
		if err != nil || Name(read) != Name(c) {
			t.Fatalf("%s: read as %s, %v", c, read, err)
		}
		words := Describe(c)
		for text, n := range map[string]int{"batch 0,": c.Batch, "q_len 0,": c.QLen, "kv_len 0,": c.KVLen} {
			if strings.Contains(words, text) != (n == 0) {
				t.Errorf("%s: %s", c, words)
			}
		}
		x := Materialize(c)
		for _, b := range x.Buffers() {
			if b.Bytes < 0 || b.Tensor.Len() == 0 && b.Tensor.Stored() == b.Tensor.Shape && b.Tensor.Elements != b.Tensor.Offset {
				t.Errorf("%s: %s has %d elements after an offset of %d", c, b.Name, b.Tensor.Elements, b.Tensor.Offset)
			}
			for i, s := range b.Tensor.Strides {
				if s == 0 && b.Tensor.Shape[i] > 1 && b.Name != "mask" {
					t.Errorf("%s: %s of shape %v has strides %v", c, b.Name, b.Tensor.Shape, b.Tensor.Strides)
				}
			}
		}
		if !c.Empty() || x.Out.Len() != c.Outputs() || c.Work() != 0 {
			t.Errorf("%s: %d outputs of %d, work %g", c, x.Out.Len(), c.Outputs(), c.Work())
		}
		c.RangeEnds()
		c.Visible()
		c.Ends(8)
		c.HasSlack()
		c.SharesMemory()
		c.EachMaskedSlot(x, func(int, int, int) {})
		c.Refill(x)
		x.Clone()
		for _, f := range Fields() {
			f.HasUse(&c)
			f.Text(&c)
			for _, r := range f.Regions {
				r.Holds(&c)
			}
		}
	}
}

// TestExtentsThatMustBeThere: a size that may be 0 is 0 only where a file has it so, and heads and head_dim never are.
func TestExtentsThatMustBeThere(t *testing.T) {
	whole := map[string]string{"batch": `"batch":0`, "heads": `"heads":2`, "q_len": `"q_len":0`, "kv_len": `"kv_len":0`, "head_dim": `"head_dim":8`}
	file := func(without, with string) string {
		text := `{"version":1,"input":"fp32"`
		for _, name := range []string{"batch", "heads", "q_len", "kv_len", "head_dim"} {
			switch {
			case name != without:
				text += "," + whole[name]
			case with != "":
				text += "," + with
			}
		}
		return text + "}"
	}
	if _, err := Decode([]byte(file("", ""))); err != nil {
		t.Error(err)
	}
	for without, want := range map[string]string{
		"batch": "batch: missing; want 0 to 131072", "q_len": "q_len: missing; want 0 to 4194304", "kv_len": "kv_len: missing; want 0 to 4194304",
		"heads": "heads: 0; want 1 to 131072", "head_dim": "head_dim: 0; want 1 to 576",
	} {
		if _, err := Decode([]byte(file(without, ""))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v; want %s", without, err, want)
		}
	}
	for _, name := range []string{"heads", "head_dim"} {
		if _, err := Decode([]byte(file(name, `"`+name+`":0`))); err == nil || !strings.Contains(err.Error(), name+": 0; want 1 to") {
			t.Errorf("%s 0: %v", name, err)
		}
	}
	after := `{"version":1,"input":"fp32","batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"after":[` + file("q_len", "") + `]}`
	if _, err := Decode([]byte(after)); err == nil || !strings.Contains(err.Error(), "after[0].q_len: missing") {
		t.Errorf("before the case: %v", err)
	}
	if _, err := Decode([]byte(`{"version":1,"input":"fp32","batch":131072,"heads":131072,"q_len":0,"kv_len":0,"head_dim":8}`)); err == nil {
		t.Error("loops over 2^34 heads of an empty tensor are accepted")
	}
}
