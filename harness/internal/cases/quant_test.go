package cases

import (
	"encoding/binary"
	"math"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/precision"
)

func quantCase(t *testing.T, q Quant, change func(*Case)) Case {
	t.Helper()
	c := Case{Version: Version, Batch: 2, Heads: 4, KVHeads: 2, QLen: 3, KVLen: 7, HeadDim: 64, Input: precision.FP32, Quant: q,
		Values: Values{Seed: 5}}
	change(&c)
	require.NoError(t, c.Normalize())
	return c
}

// What bytes stand for, written out by hand from the formats' descriptions.
func TestQuantisedBytesStandForNumbers(t *testing.T) {
	one := func(q Quant, headDim int) *Tensors {
		return Materialize(quantCase(t, q, func(c *Case) { c.Batch, c.Heads, c.KVHeads, c.KVLen, c.HeadDim = 1, 1, 1, 2, headDim }))
	}
	row := func(k *Tensor, r, n int) []float64 {
		list := make([]float64, n)
		for d := range list {
			list[d] = k.At(0, 0, r, d)
		}
		return list
	}

	tensors := one(Quant{K: Int4, Scales: BlockScales, ZeroPoints: true}, 33) // 17 bytes a row, two scales
	require.Len(t, tensors.K.Data, 34)
	copy(tensors.K.Data[17:], []byte{0x1f, 0x78, 15: 0x20, 16: 0xf9}) // -1, 1, -8, 7, ...; the last byte has one column
	for i, x := range []float64{1, 1, 0.5, 3} {
		precision.FP32.Put(tensors.KScales.Data, i, x)
		binary.LittleEndian.PutUint32(tensors.KZeros.Data[4*i:], uint32(int32([]int{0, 0, -8, 7}[i])))
	}
	require.Equal(t, []float64{3.5, 4.5, 0, 7.5}, row(&tensors.K, 1, 4))
	require.Equal(t, []float64{4, 5, -42}, row(&tensors.K, 1, 33)[30:])

	tensors = one(Quant{V: Int8, Scales: HeadScales}, 5)
	copy(tensors.V.Data[5:], []byte{0x80, 0x7f, 0xff, 0, 1})
	precision.FP32.Put(tensors.VScales.Data, 0, -0.25)
	require.Equal(t, []float64{32, -31.75, 0.25, 0, -0.25}, row(&tensors.V, 1, 5))

	tensors = one(Quant{K: Q8_0}, 64) // 68 bytes a row
	require.Len(t, tensors.K.Data, 136)
	copy(tensors.K.Data[68+34:], []byte{0x00, 0x3c, 0x80, 0x7f}) // 1.0; -128, 127
	copy(tensors.K.Data[68:], []byte{0x01, 0x00, 0xfe})          // 2^-24; -2
	require.Equal(t, []float64{-128, 127}, row(&tensors.K, 1, 64)[32:34])
	require.Equal(t, -0x1p-23, tensors.K.At(0, 0, 1, 0))

	tensors = one(Quant{V: Q4_0}, 64) // 36 bytes a row
	require.Len(t, tensors.V.Data, 72)
	copy(tensors.V.Data[18:], []byte{0x00, 0xc0, 0xf0, 15 + 2: 0x81}) // -2.0; columns 0 and 16: 0 and 15; 15 and 31: 1 and 8
	last := row(&tensors.V, 0, 64)
	require.Equal(t, []float64{16, -14, 14, 0}, []float64{last[32], last[48], last[47], last[63]})
}

// Values are near those that were drawn, numbers of fp32, and where an operand lies changes none of them.
func TestQuantisingKeepsValues(t *testing.T) {
	d := rand.New(rand.NewSource(3))
	for range 300 {
		var layouts Case
		c := quantCase(t, Quant{}, func(c *Case) {
			c.HeadDim = 1 + d.Intn(100)
			c.Input = []precision.Format{precision.FP32, precision.FP16, precision.BF16}[d.Intn(3)]
			AnyQuant(d, c)
			if d.Intn(3) == 0 {
				c.Mask, c.Values.Masked = Mask{Kind: CausalMask}, []MaskedFill{MaskedNaN, MaskedInf, MaskedHuge, MaskedSNaN}[d.Intn(4)]
			}
			layouts = *c
			layouts.Layout.K = Operand{Order: []Order{BHSD, BSHD}[d.Intn(2)], Pad: 2 * d.Intn(3), Offset: 2 * d.Intn(2)}
			if layouts.Quant.V == Int8 {
				layouts.Layout.V = Operand{Transpose: true, Pad: 1}
			}
			if d.Intn(2) == 0 && layouts.Quant.Scales != HeadScales {
				AnyPaging(d, &layouts)
				layouts.Paging.Shared = 0
			}
		})
		require.NoError(t, layouts.Normalize(), Describe(layouts))
		plain := c.Clone()
		plain.Quant = Quant{}
		require.NoError(t, plain.Normalize())
		want, got, laid := Materialize(plain), Materialize(c), Materialize(layouts)
		hidden := map[[3]int]bool{}
		c.EachMaskedSlot(got, func(b, h, key int) { hidden[[3]int{b, h, key}] = true })
		for name, x := range map[string][3]*Tensor{"k": {&want.K, &got.K, &laid.K}, "v": {&want.V, &got.V, &laid.V}} {
			step := 0.0
			if f := c.Quant.Of(name); f != "" {
				low, high := f.ends()
				step = 10.0 / float64(high-low)
			}
			for i, drawn := range x[0].Dense() {
				b, h, r, col := i/c.HeadDim/c.KVLen/c.KVHeads, i/c.HeadDim/c.KVLen%c.KVHeads, i/c.HeadDim%c.KVLen, i%c.HeadDim
				y, z := x[1].At(b, h, r, col), x[2].At(b, h, r, col)
				if y != z && (y == y || z == z) {
					t.Fatalf("%s %d: %v and %v\n%s\n%s", name, i, y, z, Describe(c), Describe(layouts))
				}
				if hidden[[3]int{b, h, r}] && c.Values.Masked != "" {
					continue
				}
				if float64(float32(y)) != y {
					t.Fatalf("%s[%d] is %v, which fp32 does not have\n%s", name, i, y, Describe(c))
				}
				if c.Quant.Fill == "" && math.Abs(y-drawn) > step {
					t.Fatalf("%s[%d] is %v, drawn %v\n%s", name, i, y, drawn, Describe(c))
				}
			}
		}
	}
}

// A copy reads scales of its own.
func TestCloneOfQuantised(t *testing.T) {
	c := quantCase(t, Quant{K: Int8, V: Int4, ZeroPoints: true}, func(*Case) {})
	a := Materialize(c)
	b := a.Clone()
	x := b.K.At(0, 0, 0, 0)
	for i := range a.KScales.Data {
		a.KScales.Data[i] = 0
	}
	require.NotZero(t, x)
	require.Equal(t, x, b.K.At(0, 0, 0, 0))
	require.Zero(t, a.K.At(0, 0, 0, 0))
}

func TestQuantRefuses(t *testing.T) {
	for name, change := range map[string]func(*Case){
		"quant.k":           func(c *Case) { c.Quant.K, c.HeadDim = Q8_0, 40 },
		"quant.v":           func(c *Case) { c.Quant.V, c.Layout.V.Pad = Q4_0, 3 },
		"quant.scales":      func(c *Case) { c.Quant.K, c.Quant.Scales = Q8_0, BlockScales },
		"quant.zero_points": func(c *Case) { c.Quant.ZeroPoints = true },
		"quant.fill":        func(c *Case) { c.Quant.Fill = EndScales },
	} {
		c := Case{Version: Version, Batch: 1, Heads: 1, QLen: 1, KVLen: 2, HeadDim: 64, Input: precision.FP32}
		change(&c)
		var field *FieldError
		require.ErrorAs(t, c.Normalize(), &field)
		require.Equal(t, name, field.Field)
	}
	for _, change := range []func(*Case){
		func(c *Case) { c.Quant.K, c.Layout.K.Transpose = Int4, true },
		func(c *Case) { c.Quant.K, c.Layout.K.Strides = Int4, Strides{400, 400, 200, 2} },
	} {
		c := Case{Version: Version, Batch: 1, Heads: 1, QLen: 1, KVLen: 2, HeadDim: 64, Input: precision.FP32}
		change(&c)
		require.ErrorContains(t, c.Normalize(), "quant.k")
	}
}
