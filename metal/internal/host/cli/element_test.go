package cli

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestNarrowElementsRoundOnce: numbers just past the middle between two neighbours, which a float on the way would round
// onto the middle and from there to the wrong side.
func TestNarrowElementsRoundOnce(t *testing.T) {
	for _, test := range []struct {
		element string
		x       float64
		want    uint16
	}{
		{"bfloat", 1.0039062500009095, 0x3f81}, {"bfloat", -1.0039062500009095, 0xbf81}, {"bfloat", 1.00390625, 0x3f80},
		{"bfloat", 1.01171875, 0x3f82}, {"bfloat", 1.0117187499990905, 0x3f81}, {"bfloat", 0x1.fep127, 0x7f7f},
		{"bfloat", 0x1.ffp127, 0x7f80}, {"bfloat", 0x1p-133, 1}, {"bfloat", 0x1.000000001p-134, 1}, {"bfloat", math.Inf(-1), 0xff80},
		{"half", 1.000488281250001, 0x3c01}, {"half", 1.00048828125, 0x3c00}, {"half", 65519.999, 0x7bff}, {"half", 65520, 0x7c00},
		{"half", 0x1p-24, 1}, {"half", 0x1.00000001p-25, 1}, {"half", 0x1p-25, 0},
	} {
		b := make([]byte, 2)
		elements[test.element].put(b, test.x)
		if got := binary.LittleEndian.Uint16(b); got != test.want {
			t.Errorf("%s %.17g is %#04x, want %#04x", test.element, test.x, got, test.want)
		}
	}
	for _, name := range []string{"half", "bfloat"} {
		for bits := range 1 << 16 {
			b := make([]byte, 2)
			binary.LittleEndian.PutUint16(b, uint16(bits))
			x := elements[name].get(b)
			elements[name].put(b, x)
			if got := binary.LittleEndian.Uint16(b); int(got) != bits && !math.IsNaN(x) {
				t.Fatalf("%s %#04x is %g and comes back as %#04x", name, bits, x, got)
			}
		}
	}
}
