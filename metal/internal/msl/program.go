package msl

import (
	"fmt"
	"math"

	"attest.example/attest/metal/internal/device"
)

// MathMode is what the compiler may assume of floating-point arithmetic: see [device.Math].
type MathMode = device.Math

const (
	MathSafe   = device.MathSafe
	MathFast   = device.MathFast
	MathFolded = device.MathFolded
)

// DefaultLanguageVersion is MSL 3.1, the first with bfloat.
const DefaultLanguageVersion = 310

// Program is what to compile: a text, and the choices that specialize it.
type Program struct {
	Source   string            // MSL
	File     string            // the name diagnostics use; "kernel.metal" where empty
	Function string            // the kernel or host_name wanted; "" compiles every entry point of the text
	Piece    Piece             // of all entry points, some
	Includes []string          // directories searched by #include
	Files    map[string]string // texts that #include finds by name, before any directory
	Defines  map[string]string // macros

	Constants       []Constant
	Math            MathMode
	LanguageVersion int    // major*100 + minor*10; 0: DefaultLanguageVersion
	Check           bool   // with the checkers' calls on every memory access, and line tables
	Engine          Engine // with Check it is always EngineFibers

	open bool // Constants have no values yet: the made module is given them (constants_open.go)
}

// Piece is a part of a text's entry points, in the order of the text: piece Index, from 0, of Of that have about as many
// each. The zero value is all of them. A text of thousands of instantiations is compiled so, for clang's time and memory
// grow with them.
type Piece struct{ Index, Of int }

// of are the elements of a list that belong to a piece.
func (p Piece) of(entries []entryPoint) []entryPoint {
	if p.Of <= 1 {
		return entries
	}
	return entries[p.Index*len(entries)/p.Of : (p.Index+1)*len(entries)/p.Of]
}

func (p Piece) check() error {
	if p.Of < 0 || p.Index < 0 || p.Index > 0 && p.Index >= p.Of {
		return fmt.Errorf("piece %d of %d: pieces count from 0", p.Index, p.Of)
	}
	return nil
}

// Scalar is the type of a function constant.
type Scalar = device.Scalar

// scalarSpellings are the names that MSL has for the types of function constants.
var scalarSpellings = map[string]Scalar{
	"bool": device.Bool, "char": device.Char, "signed char": device.Char, "int8_t": device.Char, "uchar": device.UChar, "unsigned char": device.UChar,
	"uint8_t": device.UChar, "short": device.Short, "int16_t": device.Short, "ushort": device.UShort, "unsigned short": device.UShort,
	"uint16_t": device.UShort, "int": device.Int, "int32_t": device.Int, "uint": device.UInt, "unsigned int": device.UInt, "unsigned": device.UInt,
	"uint32_t": device.UInt, "long": device.Long, "int64_t": device.Long, "ulong": device.ULong, "unsigned long": device.ULong, "uint64_t": device.ULong,
	"size_t": device.ULong, "half": device.Half, "float": device.Float, "bfloat": device.BFloat,
}

// ParseScalar reads the name of a scalar type of MSL: "uint", "uint32_t", "half", and so on.
func ParseScalar(s string) (Scalar, error) {
	if t, ok := scalarSpellings[s]; ok {
		return t, nil
	}
	return 0, fmt.Errorf("type %q: one of bool, char, uchar, short, ushort, int, uint, long, ulong, half, float, bfloat expected", s)
}

// Constant is the value of a function constant.
type Constant = device.Constant

// spelled is the value in the language the rewriter writes.
func spelled(c Constant) string {
	bits := c.Bits
	if n := c.Type.Bits(); n < 64 {
		bits &= 1<<n - 1
	}
	switch c.Type {
	case device.Bool:
		if bits != 0 {
			return "true"
		}
		return "false"
	case device.Half:
		return fmt.Sprintf("__builtin_bit_cast(half, (unsigned short)0x%04x)", bits)
	case device.BFloat:
		return fmt.Sprintf("bfloat::from_bits(0x%04x)", bits)
	case device.Float:
		return fmt.Sprintf("__builtin_bit_cast(float, 0x%08xu)", bits)
	case device.Char:
		return fmt.Sprintf("(char)%d", int8(bits))
	case device.Short:
		return fmt.Sprintf("(short)%d", int16(bits))
	case device.Int:
		return fmt.Sprintf("(int)%dl", int32(bits))
	case device.Long:
		return fmt.Sprintf("(long)0x%xul", bits)
	}
	return fmt.Sprintf("(%s)%dul", c.Type, bits)
}

// FloatConstant is constant number index with a float value.
func FloatConstant(index int, value float32) Constant {
	return Constant{Index: index, Type: device.Float, Bits: uint64(math.Float32bits(value))}
}

// BoolConstant is constant number index with a truth value.
func BoolConstant(index int, value bool) Constant {
	c := Constant{Index: index, Type: device.Bool}
	if value {
		c.Bits = 1
	}
	return c
}

// IntegerConstant is constant number index with a value of an integer type.
func IntegerConstant(index int, t Scalar, value int64) Constant {
	return Constant{Index: index, Type: t, Bits: uint64(value)}
}
