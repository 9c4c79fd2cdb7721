package msl

import (
	"fmt"
	"math"
)

// MathMode says what the compiler may assume of floating-point arithmetic.
type MathMode int

const (
	// MathSafe keeps every operation as IEEE 754 defines it, one rounding each.
	MathSafe MathMode = iota
	// MathFast is Metal's default: no NaN and no Inf occur, sums may be reassociated, products fused into sums.
	MathFast
	// MathFolded is MathFast with what a compiler may make of it: isnan, isinf, x != x and comparisons with INFINITY have the
	// results that they have of numbers. Metal's compiler may do so; a kernel that leans on them is found out here.
	MathFolded
)

func (m MathMode) String() string {
	if m == MathFolded {
		return "fast-folded"
	}
	if m == MathFast {
		return "fast"
	}
	return "safe"
}

// ParseMathMode reads "safe" or "fast".
func ParseMathMode(s string) (MathMode, error) {
	switch s {
	case "safe":
		return MathSafe, nil
	case "fast":
		return MathFast, nil
	case "fast-folded":
		return MathFolded, nil
	}
	return 0, fmt.Errorf("math mode %q: safe or fast expected, or fast-folded", s)
}

// DefaultLanguageVersion is MSL 3.1, the first with bfloat.
const DefaultLanguageVersion = 310

// Program is what to compile: a text, and the choices that specialize it.
type Program struct {
	Source   string            // MSL
	File     string            // the name diagnostics use; "kernel.metal" where empty
	Function string            // the kernel or host_name wanted; "" compiles every entry point of the text
	Includes []string          // directories searched by #include
	Files    map[string]string // texts that #include finds by name, before any directory
	Defines  map[string]string // macros

	Constants       []Constant
	Math            MathMode
	LanguageVersion int  // major*100 + minor*10; 0: DefaultLanguageVersion
	Check           bool // with the checkers' calls on every memory access, and line tables
}

// Scalar is the type of a function constant. The numbers are those of gpu_scalar in device.h.
type Scalar int

const (
	Bool Scalar = iota
	Char
	UChar
	Short
	UShort
	Int
	UInt
	Long
	ULong
	Half
	Float
	BFloat
)

var scalarNames = [...]string{"bool", "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "float", "bfloat"}

func (s Scalar) String() string {
	if s < 0 || int(s) >= len(scalarNames) {
		return fmt.Sprintf("Scalar(%d)", int(s))
	}
	return scalarNames[s]
}

// scalarSpellings are the names that MSL has for the types of function constants.
var scalarSpellings = map[string]Scalar{
	"bool": Bool, "char": Char, "signed char": Char, "int8_t": Char, "uchar": UChar, "unsigned char": UChar,
	"uint8_t": UChar, "short": Short, "int16_t": Short, "ushort": UShort, "unsigned short": UShort,
	"uint16_t": UShort, "int": Int, "int32_t": Int, "uint": UInt, "unsigned int": UInt, "unsigned": UInt,
	"uint32_t": UInt, "long": Long, "int64_t": Long, "ulong": ULong, "unsigned long": ULong, "uint64_t": ULong,
	"size_t": ULong, "half": Half, "float": Float, "bfloat": BFloat,
}

// ParseScalar reads the name of a scalar type of MSL: "uint", "uint32_t", "half", and so on.
func ParseScalar(s string) (Scalar, error) {
	if t, ok := scalarSpellings[s]; ok {
		return t, nil
	}
	return 0, fmt.Errorf("type %q: one of bool, char, uchar, short, ushort, int, uint, long, ulong, half, float, bfloat expected", s)
}

// bits is how many bits a value has.
func (s Scalar) bits() int {
	switch s {
	case Bool, Char, UChar:
		return 8
	case Short, UShort, Half, BFloat:
		return 16
	case Long, ULong:
		return 64
	}
	return 32
}

// Constant gives one function constant its value.
type Constant struct {
	Name  string // where not empty it decides, else Index does
	Index int    // of [[function_constant(Index)]]
	Type  Scalar // must be the type the text declares
	Bits  uint64 // the value's bit pattern, zero-extended
}

// literal spells the value in the language the rewriter writes.
func (c Constant) literal() string {
	bits := c.Bits
	if n := c.Type.bits(); n < 64 {
		bits &= 1<<n - 1
	}
	switch c.Type {
	case Bool:
		if bits != 0 {
			return "true"
		}
		return "false"
	case Half:
		return fmt.Sprintf("__builtin_bit_cast(half, (unsigned short)0x%04x)", bits)
	case BFloat:
		return fmt.Sprintf("bfloat::from_bits(0x%04x)", bits)
	case Float:
		return fmt.Sprintf("__builtin_bit_cast(float, 0x%08xu)", bits)
	case Char:
		return fmt.Sprintf("(char)%d", int8(bits))
	case Short:
		return fmt.Sprintf("(short)%d", int16(bits))
	case Int:
		return fmt.Sprintf("(int)%dl", int32(bits))
	case Long:
		return fmt.Sprintf("(long)0x%xul", bits)
	}
	return fmt.Sprintf("(%s)%dul", c.Type, bits)
}

// FloatConstant gives constant number index a float value.
func FloatConstant(index int, value float32) Constant {
	return Constant{Index: index, Type: Float, Bits: uint64(math.Float32bits(value))}
}

// BoolConstant gives constant number index a truth value.
func BoolConstant(index int, value bool) Constant {
	c := Constant{Index: index, Type: Bool}
	if value {
		c.Bits = 1
	}
	return c
}

// IntegerConstant gives constant number index a value of an integer type.
func IntegerConstant(index int, t Scalar, value int64) Constant {
	return Constant{Index: index, Type: t, Bits: uint64(value)}
}
