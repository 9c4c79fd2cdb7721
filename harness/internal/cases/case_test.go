package cases

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/precision"
)

func minimal() Case {
	return Case{Version: 1, Batch: 1, Heads: 2, QLen: 3, KVLen: 5, HeadDim: 4, Input: precision.FP32}
}

func normalized(t testing.TB, c Case) Case {
	t.Helper()
	require.NoError(t, c.Normalize())
	return c
}

const design = `{"version":1, "batch":2, "heads":8, "kv_heads":2, "q_len":77, "kv_len":130, "head_dim":64,
 "input":"fp16", "output":"fp16", "scale":0.125,
 "mask":{"kind":"causal","align":"bottom-right"},
 "layout":{"q":{"order":"BHSD","pad":3}},
 "values":{"seed":42,"q":"normal","k":"outliers","v":"normal","masked":"nan"},
 "after":[{"version":1,"batch":1,"heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp32"}],
 "notes":"future leak past the first key block"}`

func TestDesignCase(t *testing.T) {
	c, err := Decode([]byte(design))
	require.NoError(t, err)
	require.Equal(t, "future leak past the first key block", c.Notes)
	require.Nil(t, c.Scale, "1/sqrt(64) is the default and leaves no trace")
	second, err := Decode(Encode(c))
	require.NoError(t, err)
	require.Equal(t, c, second)
}

// The name is part of every corpus and run directory: it must not move.
func TestNameIsStable(t *testing.T) {
	c, err := Decode([]byte(design))
	require.NoError(t, err)
	require.Equal(t, `{"version":1,"batch":2,"heads":8,"kv_heads":2,"q_len":77,"kv_len":130,"head_dim":64,"input":"fp16",`+
		`"output":"fp16","mask":{"kind":"causal","align":"bottom-right"},"layout":{"q":{"pad":3}},`+
		`"values":{"seed":42,"q":"normal","k":"outliers","v":"normal","masked":"nan"},"after":[{"version":1,"batch":1,`+
		`"heads":1,"kv_heads":1,"q_len":1,"kv_len":1,"head_dim":1,"input":"fp32","output":"fp32",`+
		`"values":{"q":"normal","k":"normal","v":"normal"}}]}`, string(Canonical(c)))
	require.Equal(t, "cfceb5dabb98", Name(c))
}

func TestNotesAndDefaultsDoNotChangeTheName(t *testing.T) {
	plain := normalized(t, minimal())
	spelled := minimal()
	spelled.KVHeads, spelled.Output, spelled.Intermediate = 2, precision.FP32, precision.FP32
	spelled.Mask.Kind, spelled.Layout.V.Order, spelled.Values.K = NoMask, BHSD, Normal
	spelled.Notes = "another day"
	half := float32(0.5)
	spelled.Scale = &half
	require.Equal(t, Name(plain), Name(normalized(t, spelled)))
	other := minimal()
	other.Values.Seed = 1
	require.NotEqual(t, Name(plain), Name(normalized(t, other)))
}

func TestRefusals(t *testing.T) {
	base := `"version":1,"batch":1,"heads":4,"q_len":3,"kv_len":5,"head_dim":8,"input":"fp16"`
	tests := []struct{ text, want string }{
		{`{}`, `version: 0; want 1`},
		{`{` + base + `,"colour":"red"}`, `colour: unknown key; want one of version, batch, heads, kv_heads`},
		{`{` + base + `,"mask":{"kind":"causal","colour":1}}`, `mask.colour: unknown key; want one of kind, align, window, left`},
		{`{` + base + `,"layout":{"q":{"row":1}}}`, `layout.q.row: unknown key; want one of order, transpose, pad, offset`},
		{`{` + base + `,"after":[{"masks":1}]}`, `after.0.masks: unknown key; want one of version, batch`},
		{`{"heads":"4"}`, `heads: a JSON string; want 1 to 131072`},
		{`{` + base + `,"scale":"4"}`, `scale: a JSON string; want a finite number`},
		{`{` + base + `,"after":[{"mask":{"kind":1}}]}`, `after.0.mask.kind: a JSON number; want one of none, causal`},
		{`{` + base + `,"batch":2}`, `duplicate`},
		{`{` + base + `} {}`, `after top-level value`},
		{`{` + base + `,"heads":"4"}`, `heads`},
		{`{` + base, `line 1`},
		{"{\n" + base + ",\n\"notes\":\"\xff\"}", `line 3`},
		{`{` + base + `,"kv_heads":3}`, `kv_heads: 3; want a divisor of heads, which is 4`},
		{`{` + base + `,"output":"fp8"}`, `output: precision "fp8": want fp16, bf16 or fp32`},
		{`{` + base + `,"scale":1e99}`, `scale`},
		{`{` + base + `,"mask":{"kind":"diagonal"}}`, `mask.kind: "diagonal"; want one of none, causal`},
		{`{` + base + `,"mask":{"kind":"causal","left":3}}`, `mask.left: a value; want nothing: the field applies only to kind window and an array with window`},
		{`{` + base + `,"mask":{"kind":"window","left":-2,"right":0}}`, `mask.left: -2; want -1 to`},
		{`{` + base + `,"mask":{"kind":"causal","window":true}}`, `mask.window: a value; want nothing: the field applies only to kinds bool and additive`},
		{`{` + base + `,"mask":{"kind":"bool","left":3}}`, `mask.left: a value; want nothing`},
		{`{` + base + `,"mask":{"kind":"bool","window":true,"left":-2}}`, `mask.left: -2; want -1 to`},
		{`{` + base + `,"mask":{"kind":"bool","floor":"-1e4"}}`, `mask.floor: a value; want nothing: the field applies only to kind additive`},
		{`{` + base + `,"mask":{"kind":"additive","floor":"-1e5"}}`, `mask.floor: "-1e5"; want one of -inf, lowest`},
		{`{` + base + `,"mask":{"kind":"additive","format":"fp16","floor":"-1e9"}}`, `mask.floor: "-1e9"; want a number that fp16 holds`},
		{`{` + base + `,"mask":{"align":"top-left"}}`, `mask.align: a value; want nothing`},
		{`{` + base + `,"mask":{"kind":"bool","format":"fp16"}}`, `mask.format: a value; want nothing`},
		{`{` + base + `,"mask":{"kind":"bool","shape":"qk"}}`, `mask.shape: "qk"; want one of bhqk`},
		{`{` + base + `,"mask":{"kind":"bool","fill":"alibi"}}`, `mask.fill: "alibi"; want one of random, padding, open`},
		{`{` + base + `,"mask":{"kind":"bool","shape":"b11k","empty_rows":2}}`, `mask.empty_rows: 2; want 0 with shape b11k`},
		{`{` + base + `,"mask":{"kind":"bool","density":101}}`, `mask.density: 101; want 1 to 100`},
		{`{` + base + `,"mask":{"kind":"bool","empty_lead":6}}`, `mask.empty_lead: 6; want 0 to 5`},
		{`{` + base + `,"layout":{"k":{"order":"BSHD","transpose":true}}}`, `layout.k.transpose: true; want false with order BSHD`},
		{`{` + base + `,"layout":{"out":{"pad":-1}}}`, `layout.out.pad: -1; want 0 to`},
		{`{` + base + `,"values":{"v":"gaussian"}}`, `values.v: "gaussian"; want one of normal`},
		{`{` + base + `,"values":{"masked":"junk"}}`, `values.masked: "junk"`},
		{`{` + base + `,"after":[{"version":1,"batch":-1}]}`, `after[0].batch: -1; want 0 to`},
		{`{"version":1,"batch":4096,"heads":4096,"q_len":4194304,"kv_len":4194304,"head_dim":256,"input":"fp32"}`, `bytes of tensors; want at most`},
		{`{"version":1,"batch":9223372036854775808}`, `batch`},
		{`{"version":2}`, `version: 2; want 1`},
		{`{"version":1,"batch":1.5}`, `batch: 1.5; want 0 to 131072`},
		{`{"version":1,"batch":1e3}`, `batch: 1e3; want 0 to 131072`},
		{`{` + base + `,"scale":1e99}`, `scale: 1e99; want a finite number`},
		{`{` + base + `,"values":{"seed":-1}}`, `values.seed: -1; want an integer from 0 to 2^64-1`},
		{`{` + base + `,"after":[{"batch":1.5}]}`, `after.0.batch: 1.5; want 0 to 131072`},
		{`{` + base + `,"layout":{"q":{"strides":[1,2,3]}}}`, `layout.q.strides: [1,2,3]; want none, or four strides from 0 to 2^34`},
		{`{` + base + `,"layout":{"q":{"strides":[1,2,3,0.5]}}}`, `layout.q.strides: [1,2,3,0.5]; want none, or four strides`},
		{`{` + base + `,"layout":{"q":{"strides":"BHSD"}}}`, `layout.q.strides: "BHSD"; want none, or four strides`},
		{`{` + base + `,"layout":{"k":{"strides":[0,0,0,0]}}}`, `layout.k.strides: four zeros; want none, or four strides`},
		{`{` + base + `,"mask":{"kind":"bool","strides":[0,0,0,0]}}`, `mask.strides: four zeros; want none, or four strides`},
		{`{` + base + strings.Repeat(`,"after":[{"version":1`, 500), `after.0.after.0.after.0.after.0....: `},
		{`{` + base + `,"mask":[]}`, `mask: a JSON array; want an object`},
		{`{` + base + `,"lse":1}`, `lse: a JSON number; want true or false`},
		{strings.Repeat("[", 20000), `a JSON array; want an object`},
		{`{"notes":` + strings.Repeat("[", 20000), `line 1`},
	}
	for _, test := range tests {
		_, err := Decode([]byte(test.text))
		require.ErrorContains(t, err, test.want, test.text[:min(len(test.text), 200)])
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(design))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Decode(text)
		if err != nil {
			return
		}
		second, err := Decode(Encode(c))
		require.NoError(t, err)
		require.Equal(t, Name(c), Name(second))
		require.Equal(t, c, second)
	})
}

func TestSpan(t *testing.T) {
	tests := []struct {
		mask   Mask
		q, kv  int
		expect [][2]int
		offset int
	}{
		{Mask{Kind: CausalMask}, 2, 5, [][2]int{{0, 3}, {0, 4}}, 2},
		{Mask{Kind: CausalMask}, 3, 5, [][2]int{{0, 5}, {0, 5}, {0, 5}}, 4},
		{Mask{Kind: WindowMask, Left: 1, Right: 0}, 3, 5, [][2]int{{2, 4}, {3, 5}, {4, 5}}, 3},
		{Mask{Kind: WindowMask, Left: 1, Right: 0}, 2, 5, [][2]int{{0, 0}, {0, 0}}, 7},
		{Mask{}, 2, 3, [][2]int{{0, 3}, {0, 3}}, 0},
		{Mask{Kind: CausalMask}, 3, 2, [][2]int{{0, 1}, {0, 2}, {0, 2}}, 0},
		{Mask{Kind: CausalMask, Align: BottomRight}, 2, 4, [][2]int{{0, 3}, {0, 4}}, 0},
		{Mask{Kind: CausalMask, Align: BottomRight}, 4, 2, [][2]int{{0, 0}, {0, 0}, {0, 1}, {0, 2}}, 0},
		{Mask{Kind: WindowMask, Left: 1, Right: 0}, 4, 3, [][2]int{{0, 1}, {0, 2}, {1, 3}, {2, 3}}, 0},
		{Mask{Kind: WindowMask, Left: -1, Right: 1, Align: BottomRight}, 2, 4, [][2]int{{0, 4}, {0, 4}}, 0},
		{Mask{Kind: WindowMask, Left: 0, Right: -1}, 3, 2, [][2]int{{0, 2}, {1, 2}, {0, 0}}, 0},
		{Mask{Kind: BoolMask, Window: true, Left: 1, Right: 0}, 4, 3, [][2]int{{0, 1}, {0, 2}, {1, 3}, {2, 3}}, 0},
		{Mask{Kind: AdditiveMask, Window: true, Left: -1, Align: BottomRight}, 2, 4, [][2]int{{0, 3}, {0, 4}}, 0},
		{Mask{Kind: BoolMask, Align: TopLeft}, 2, 2, [][2]int{{0, 1}, {0, 2}}, 0},
	}
	for _, test := range tests {
		c := minimal()
		c.QLen, c.KVLen, c.Mask, c.KVOffset = test.q, test.kv, test.mask, test.offset
		c = normalized(t, c)
		for row, want := range test.expect {
			first, last := c.Span(0, row)
			require.Equal(t, want, [2]int{first, last}, "%+v row %d", test.mask, row)
		}
	}
}
