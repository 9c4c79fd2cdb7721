package reference

import "math"

// LeanLine is what Sums.T of correct implementations stays below: see Lean.
const LeanLine = 7

// Lean tells whether the errors of an output lean one way, over many rows at once
// where each alone is within its lines. The package's documentation has the
// test. The zero value has seen nothing.
type Lean struct {
	Rows int `json:"rows"` // that count
	// Size asks for outputs too large or too small in proportion to themselves, Tilt
	// for a softmax of another temperature: weights too flat or too steep.
	Size Sums `json:"size"`
	Tilt Sums `json:"tilt"`
}

// Sums are what the errors of many rows add up to along one direction. Those of several outputs add up in turn.
type Sums struct {
	Errors  float64 `json:"errors"`  // in the direction, every row scaled alike
	Squares float64 `json:"squares"` // of the same
	// Lawful is what may lean in a correct implementation, and its squares.
	Lawful        float64 `json:"lawful"`
	LawfulSquares float64 `json:"lawful_squares"`
	// Along over Size is the strength: how far outputs move along the direction, as
	// a share of it.
	Along float64 `json:"along"`
	Size  float64 `json:"size"`
}

// Add adds the sums of another output.
func (l *Lean) Add(o Lean) {
	l.Rows += o.Rows
	l.Size.add(o.Size)
	l.Tilt.add(o.Tilt)
}

func (s *Sums) add(o Sums) {
	s.Errors += o.Errors
	s.Squares += o.Squares
	s.Lawful += o.Lawful
	s.LawfulSquares += o.LawfulSquares
	s.Along += o.Along
	s.Size += o.Size
}

// T is how far the errors lean beyond what is lawful, in standard deviations of
// signs drawn at random: past t with probability exp(-t^2/2) at most.
func (s Sums) T() float64 {
	scale := math.Sqrt(s.Squares) + math.Sqrt(s.LawfulSquares)
	if !(scale > 0) {
		return 0
	}
	return (math.Abs(s.Errors) - s.Lawful) / scale
}

// Strength is the share of the direction that outputs are off by, with its sign.
func (s Sums) Strength() float64 {
	if !(s.Size > 0) {
		return 0
	}
	return s.Along / s.Size
}

// T is the larger of the two.
func (l Lean) T() float64 { return max(l.Size.T(), l.Tilt.T()) }
