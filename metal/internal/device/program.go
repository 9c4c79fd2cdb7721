package device

import (
	"fmt"
	"math"
	"strings"
)

// Math is what the compiler may assume of floating-point arithmetic. The numbers are those of gpu_math in device.h.
type Math int

const (
	// MathSafe keeps every operation as IEEE 754 defines it, one rounding each.
	MathSafe Math = iota
	// MathFast is Metal's default: no NaN and no Inf occur, sums may be reassociated, products fused into sums.
	MathFast
	// MathFolded is MathFast with what a compiler may make of it: isnan, isinf, x != x and comparisons with INFINITY have the
	// results that they have of numbers. Metal's compiler may do so; a kernel that leans on them is found out here.
	MathFolded
)

var mathNames = [...]string{"safe", "fast", "fast-folded"}

func (m Math) String() string {
	if m < 0 || int(m) >= len(mathNames) {
		return fmt.Sprintf("Math(%d)", int(m))
	}
	return mathNames[m]
}

// ParseMath reads "safe", "fast" or "fast-folded".
func ParseMath(s string) (Math, error) {
	for i, name := range mathNames {
		if s == name {
			return Math(i), nil
		}
	}
	return 0, fmt.Errorf("math mode %q: safe or fast expected, or fast-folded", s)
}

// Scalar is the type of a function constant. The numbers are those of gpu_scalar in device.h.
type Scalar int

// The types that a function constant may have.
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

// Bits is how many bits a value has.
func (s Scalar) Bits() int {
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

// Constant is the value of a function constant: of the index in [[function_constant(index)]], or of Name where that is
// not empty.
type Constant struct {
	Name  string
	Index int
	Type  Scalar // must be the type that the text declares
	Bits  uint64 // the bit pattern, zero-extended
}

// HalfBits and BFloatBits are the bits of a half and of a bfloat, as values of function constants.
type (
	HalfBits   uint16
	BFloatBits uint16
)

// ConstantOf makes a function constant of a bool, an integer of 8 to 64 bits, a float32, HalfBits or BFloatBits.
func ConstantOf(index uint32, value any) (Constant, error) {
	c := Constant{Index: int(index)}
	switch v := value.(type) {
	case bool:
		if c.Type = Bool; v {
			c.Bits = 1
		}
	case int8:
		c.Type, c.Bits = Char, uint64(uint8(v))
	case uint8:
		c.Type, c.Bits = UChar, uint64(v)
	case int16:
		c.Type, c.Bits = Short, uint64(uint16(v))
	case uint16:
		c.Type, c.Bits = UShort, uint64(v)
	case int32:
		c.Type, c.Bits = Int, uint64(uint32(v))
	case uint32:
		c.Type, c.Bits = UInt, uint64(v)
	case int64:
		c.Type, c.Bits = Long, uint64(v)
	case uint64:
		c.Type, c.Bits = ULong, v
	case float32:
		c.Type, c.Bits = Float, uint64(math.Float32bits(v))
	case HalfBits:
		c.Type, c.Bits = Half, uint64(v)
	case BFloatBits:
		c.Type, c.Bits = BFloat, uint64(v)
	default:
		return c, &Error{Call: "compile", Code: CodeInvalid, Text: fmt.Sprintf(
			"function constant %d: %T, expected bool, an integer of 8 to 64 bits, float32, Half or BFloat", index, v)}
	}
	return c, nil
}

// Program is a kernel to compile.
type Program struct {
	Source     string // MSL
	File       string // the name that diagnostics use
	Function   string // kernel or host_name
	Constants  []Constant
	Math       Math
	Language   int // MSL version, 310 is 3.1; 0: 310
	MaxThreads int // the kernel's own maximum of threads in a threadgroup; 0: the device's
}

// check refuses what C could not even be told: its texts end at a NUL, and its numbers are smaller.
func (p *Program) check() error {
	invalid := func(format string, args ...any) error {
		return &Error{Call: "compile", Code: CodeInvalid, Text: fmt.Sprintf(format, args...)}
	}
	for _, text := range []struct{ name, text string }{{"source", p.Source}, {"file", p.File}, {"function", p.Function}} {
		if at := strings.IndexByte(text.text, 0); at >= 0 {
			return invalid("%s: a NUL at byte %d, expected a text without", text.name, at)
		}
	}
	switch {
	case p.Math < 0 || int(p.Math) >= len(mathNames):
		return invalid("math: %d, expected safe (0), fast (1) or fast-folded (2)", int(p.Math))
	case p.Language < 0 || p.Language > math.MaxInt32:
		return invalid("language version: %d, expected 310 for MSL 3.1 and the like, or 0", p.Language)
	}
	return nil
}
