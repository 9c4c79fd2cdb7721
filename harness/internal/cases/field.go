package cases

import (
	"fmt"
	"strings"
)

// Field is one row of the table of a case's fields: all that anybody must know of a field to read, check, describe,
// filter, fuzz, reduce, draw and count it. A new field is a member of the struct Case and a row; the readers find it
// in Fields. A field that is a list or a struct of its own brings the functions that its kind needs (Count for the
// length of a list, Simple.Plain and Simple.Graded for what is simpler), and may leave out Scalars, as After does.
type Field struct {
	Name string // its JSON path: mask.align
	Type Type
	Help string // what it is, in a line

	Low, High int      // accepted by an Integer, and how long a List may be
	Usual     int      // what a filter that asks for a range of an Integer draws up to, where the range allows it
	Values    []string // accepted by a Word, in the order that fuzz seeds count them by
	Default   string   // what absence means, in words; empty: the field is required, or has no use where it is absent

	// To describes the cases that the field applies to, and Applies decides; nil: to all. Elsewhere it must be absent.
	To      string
	Applies func(*Case) bool

	// Scalars are the arguments by which a fuzzer changes the field.
	Scalars []Scalar
	// Simple is how the reducer orders the field's values and brings them down.
	Simple Simple

	// Draw changes the field of a case that has been drawn in all its other fields. nil: package gen draws it with the
	// fields that it depends on.
	Draw func(Dice, *Case)
	// Impose draws a value of Steps where a filter asks for one.
	Impose func(Dice, *Case)
	// Opening is what a case needs so that it may differ from another in this field alone, where few cases have that.
	Opening Opening
	// Region names the region of the coverage table that is about the field; Regions are further ones, brought by the row.
	Region  string
	Regions []Region
	// Unsupported is why a path that knows nothing of the field refuses a case that sets it; empty: that it does not
	// know it. Fields of the first version are known to every path: see Unknown.
	Unsupported string

	accepted  string              // the values in words, where those of its type are not enough
	used      func(*Case) bool    // the field has an effect; nil: where it applies
	at        func(*Case) any     // points to the member
	zero      func(*Case) bool    // the member is absent
	normalize []func(*Case) error // default, range and what else it excludes, in order
	words     func(*Case) string  // with the comma or blank before it
	text      func(*Case) string  // the value as a filter writes it
	set       func(*Case, string) error
	integer   func(*Case) int // of an Integer; of a list its length
	setInt    func(*Case, int)
	number    func(*Case) float64 // of a Number
	setNumber func(*Case, float64)
}

// Type is the kind of a field's value.
type Type string

// The types.
const (
	Integer Type = "integer" // from Low to High
	Seed    Type = "seed"    // an integer of 64 bits
	Number  Type = "number"  // an fp32 number, finite
	Flag    Type = "flag"    // true or false
	Word    Type = "word"    // one of Values
	List    Type = "list"    // Count says how long it is
	Steps   Type = "strides" // four strides, or none
	Text    Type = "text"    // for people
)

// Scalar is one argument of a fuzz target, of a type that go test -fuzz can change: int, uint64, bool, float32, byte.
type Scalar struct {
	Name string
	Get  func(*Case) any
	Set  func(*Case, any)
}

// Simple is how the reducer brings a field down.
type Simple struct {
	// Rank returns numbers that are compared in turn, less is simpler. Two values of the field with the same ranks must
	// be the same value.
	Rank func(*Case) []float64
	// Plain are edits to the simplest value; Graded those to simpler ones of the case at hand, the simplest first. An
	// edit may leave a case as it is.
	Plain  []func(*Case)
	Graded func(*Case) []func(*Case)
	// Slack marks a number that costs no work and falls to Least; sizes have axes of their own in package reduce.
	Slack bool
	Least int
}

// Opening brings a drawn case to where a field has an effect and may change while all else stays.
type Opening struct {
	Batches int               // least number of batch entries
	Array   bool              // the mask is an array
	Make    func(Dice, *Case) // drops what excludes the field; nil: nothing does
	With    string            // a field whose case serves this one too: neither's draw minds the other's
}

// Dice are the random numbers of a draw; a *rand.Rand of math/rand has them.
type Dice interface {
	Intn(n int) int
	Float64() float64
}

// Region is a place in the space of cases where kernels have broken.
type Region struct {
	Name    string
	Bugs    []int // numbers of the list of real bugs; empty: a place that a reviewer would think of
	Summary string
	Reach   string // the preset of package gen that reaches it; empty: default
	Empty   bool   // it is about cases with an extent of 0, which lie in no other region
	Holds   func(*Case) bool
}

// Fields lists the rows, in the order in which a case is described.
func Fields() []*Field { return fieldTable }

// FieldNamed finds a row by its JSON path; nil where there is none.
func FieldNamed(name string) *Field { return fieldByName[name] }

// Absent reports whether the case leaves the field out, or has its default where that is written as absence.
func (f *Field) Absent(c *Case) bool { return f.zero(c) }

// AppliesTo reports whether the field has a use in the case.
func (f *Field) AppliesTo(c *Case) bool { return f.Applies == nil || f.Applies(c) }

// HasUse reports whether the field has an effect on the case: it applies, and is not the kind that means nothing there.
func (f *Field) HasUse(c *Case) bool { return f.AppliesTo(c) && (f.used == nil || f.used(c)) }

// Text is the field's value as Set reads it: an integer, a word, true or false; of a number that is absent "default".
func (f *Field) Text(c *Case) string { return f.text(c) }

// Set reads a value; an error names the field and what it accepts. The case may need Normalize after it.
func (f *Field) Set(c *Case, text string) error {
	if f.set == nil {
		return fmt.Errorf("%s: cannot be set by a word", f.Name)
	}
	return f.set(c, text)
}

// Int is the value of an Integer, and the length of a List. SetInt sets it; a List can only lose its end.
func (f *Field) Int(c *Case) int       { return f.integer(c) }
func (f *Field) SetInt(c *Case, n int) { f.setInt(c, n) }

// Num is the value of a Number or a Seed, in effect: its default where it is absent. SetNum sets it.
func (f *Field) Num(c *Case) float64       { return f.number(c) }
func (f *Field) SetNum(c *Case, x float64) { f.setNumber(c, x) }

// Accepts describes the values that the field takes.
func (f *Field) Accepts() string {
	if f.accepted != "" {
		return f.accepted
	}
	switch f.Type {
	case Integer, List:
		return span(f.Low, f.High)
	case Seed:
		return "an integer from 0 to 2^64-1"
	case Number:
		return "a finite number"
	case Flag:
		return "true or false"
	case Word:
		return "one of " + strings.Join(f.Values, ", ")
	}
	return "text"
}

// check brings the field of a case to its canonical form, or returns why it cannot be.
func (f *Field) check(c *Case) error {
	if f.Applies != nil && !f.Applies(c) {
		if !f.zero(c) {
			return wrong(f.Name, "a value", "nothing: the field applies only to %s", f.To)
		}
		return nil
	}
	for _, step := range f.normalize {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

// Describe describes a case in one line for people.
func Describe(c Case) string {
	var b strings.Builder
	for _, f := range fieldTable {
		if f.words != nil {
			b.WriteString(f.words(&c))
		}
	}
	return b.String()
}

var (
	fieldTable  []*Field
	fieldByName = map[string]*Field{}
)

func init() {
	for _, rows := range [][]Field{problemFields(), maskFields(), lengthFields(), rowFields(), quantFields(), valueFields(), layoutFields(), pagingFields(), callFields(), aroundFields()} {
		for i := range rows {
			fieldTable = append(fieldTable, &rows[i])
			fieldByName[rows[i].Name] = &rows[i]
		}
	}
}
