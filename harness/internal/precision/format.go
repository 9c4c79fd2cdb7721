// Package precision converts between float64 and the storage formats of attention tensors: fp16 (IEEE binary16),
// bf16 (the upper half of an IEEE binary32) and fp32.
//
// Every conversion rounds once, from float64, to nearest with ties to even: going through float32 first would
// round twice. The package never computes in a narrow format; that is what Round is for after each operation.
package precision

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-json-experiment/json"

	"attest.example/attest/metal/narrow"
)

// Format is a storage format. The zero value is not a format.
type Format uint8

// The formats, in the order of the mfa ABI plus one, so that the zero value stays invalid.
const (
	FP16 Format = iota + 1
	BF16
	FP32
)

// Formats lists every format.
func Formats() []Format { return []Format{FP16, BF16, FP32} }

var shapes = [...]struct {
	name string
	*narrow.Format
}{FP16: {"fp16", &narrow.FP16}, BF16: {"bf16", &narrow.BF16}, FP32: {"fp32", &narrow.FP32}}

// Valid reports whether f is one of the formats.
func (f Format) Valid() bool { return f >= FP16 && f <= FP32 }

func (f Format) shape() *narrow.Format {
	if !f.Valid() {
		panic(fmt.Sprintf("precision: %d is not a format", uint8(f)))
	}
	return shapes[f].Format
}

// String returns fp16, bf16 or fp32.
func (f Format) String() string {
	if !f.Valid() {
		return "none"
	}
	return shapes[f].name
}

// Parse reads what String writes.
func Parse(name string) (Format, error) {
	for _, f := range Formats() {
		if f.String() == name {
			return f, nil
		}
	}
	return 0, fmt.Errorf("precision %q: want fp16, bf16 or fp32", name)
}

// MarshalJSON writes the format's name.
func (f Format) MarshalJSON() ([]byte, error) {
	if !f.Valid() {
		return nil, fmt.Errorf("precision: %d is not a format", uint8(f))
	}
	return json.Marshal(f.String())
}

// UnmarshalJSON reads the format's name.
func (f *Format) UnmarshalJSON(text []byte) error {
	var name string
	if err := json.Unmarshal(text, &name); err != nil {
		return fmt.Errorf("precision %s: want \"fp16\", \"bf16\" or \"fp32\"", strings.TrimSpace(string(text)))
	}
	parsed, err := Parse(name)
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}

// Size is the bytes of one element.
func (f Format) Size() int { return int(f.shape().Bits / 8) }

// Roundoff is the unit roundoff u: half the distance from 1 to the next larger number.
// fp16 2^-11, bf16 2^-8, fp32 2^-24.
func (f Format) Roundoff() float64 { return math.Ldexp(1, -int(f.shape().Mantissa)-1) }

// Max is the largest finite value.
func (f Format) Max() float64 {
	s := f.shape()
	return math.Ldexp(2-math.Ldexp(1, -int(s.Mantissa)), s.Bias)
}

// MinNormal is the smallest positive normal value.
func (f Format) MinNormal() float64 { return f.shape().MinNormal }

// MinSubnormal is the smallest positive value.
func (f Format) MinSubnormal() float64 {
	return 1 / f.shape().Steps
}
