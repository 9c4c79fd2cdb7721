package drawn

import "fmt"

// kind is one of Metal's numbers.
type kind int

const (
	boolean kind = iota
	char
	uchar
	short
	ushort
	whole
	uwhole
	long
	ulong
	half
	bfloat
	float
)

var kindNames = [...]string{"bool", "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "bfloat", "float"}

func (k kind) bits() int {
	return [...]int{8, 8, 8, 16, 16, 32, 32, 64, 64, 16, 16, 32}[k]
}

func (k kind) signed() bool   { return k == char || k == short || k == whole || k == long }
func (k kind) floating() bool { return k >= half }
func (k kind) integer() bool  { return k > boolean && k < half }

// unsigned is the integer without a sign of as many bits.
func (k kind) unsigned() kind {
	switch k.bits() {
	case 8:
		return uchar
	case 16:
		return ushort
	case 32:
		return uwhole
	}
	return ulong
}

// typ is a number, or a vector of n of them.
type typ struct {
	kind
	n int
}

func one(k kind) typ { return typ{k, 1} }

func (t typ) String() string {
	if t.n == 1 {
		return kindNames[t.kind]
	}
	return fmt.Sprintf("%s%d", kindNames[t.kind], t.n)
}

// size is how many bytes a value takes in memory; it is its alignment, too. A vector of three takes the place of four.
func (t typ) size() int {
	n := t.n
	if n == 3 {
		n = 4
	}
	return n * t.bits() / 8
}

// of is the type with as many elements of another kind.
func (t typ) of(k kind) typ { return typ{k, t.n} }
