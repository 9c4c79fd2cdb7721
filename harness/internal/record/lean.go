package record

import (
	"fmt"
	"strings"

	"attest.example/attest/reference"
)

// Lean tells whether the errors of all outputs of a run, each within its lines, lean one way together. Correct paths stay
// below reference.LeanLine; what lean in each case alone below it may pass it in the sum.
//
// The sum is a report, not a verdict. A case that leans by itself fails, for it can be replayed and reduced; a sum over
// cases is no case, and its T grows with their number however small the lean is. So it is told with its strength, how far
// outputs or the scale are off, and does not change whether a run conforms.
type Lean struct {
	Rows int       `json:"rows"` // of all cases that count
	Past bool      `json:"past"` // one of the two T is past reference.LeanLine
	Size Direction `json:"size"` // outputs too large or too small
	Tilt Direction `json:"tilt"` // weights too steep or too flat, as of another scale

	sums reference.Lean
}

// Direction is one way to lean: T in standard deviations past what is lawful, and by what share of itself the output,
// or the scale, is off.
type Direction struct {
	T        float64 `json:"t"`
	Strength float64 `json:"strength"`
}

// lean adds what a case showed.
func (s *Summary) lean(l *reference.Lean) {
	if l == nil || l.Rows == 0 {
		return
	}
	sum := Lean{}
	if s.Lean != nil {
		sum = *s.Lean
	}
	sum.sums.Add(*l)
	sum.Rows = sum.sums.Rows
	sum.Size = Direction{sum.sums.Size.T(), sum.sums.Size.Strength()}
	sum.Tilt = Direction{sum.sums.Tilt.T(), sum.sums.Tilt.Strength()}
	sum.Past = sum.sums.T() > reference.LeanLine
	s.Lean = &sum
}

func (l *Lean) writeText(b *strings.Builder) {
	if l == nil {
		return
	}
	name := "leaning"
	if l.Past {
		name = "LEANING"
	}
	fmt.Fprintf(b, "%-14s size T %.1f (by %.1g), scale T %.1f (by %.1g), over %d rows; correct below %d\n",
		name, l.Size.T, l.Size.Strength, l.Tilt.T, l.Tilt.Strength, l.Rows, reference.LeanLine)
	if l.Past {
		b.WriteString("               told, not judged: no case is at fault by it alone; added up, the errors go one way by that share\n")
	}
}
