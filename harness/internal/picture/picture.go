// Package picture keeps what a failing output looks like beside the reference: an error map, the numbers around the
// worst element, and the diagnosis. A picture is small whatever the case, so that it can lie beside the case file and
// be drawn later, by a page or in a terminal, where the path is no longer at hand. The package runs no path.
package picture

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/diagnose"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// The bounds of a picture.
const (
	MaxRows    = 64 // cells of a map
	MaxColumns = 64
	MaxMaps    = 6
	around     = 3 // rows and columns on each side of the worst element
)

// What a cell shows beside a ratio, which is 0 or more. The worst of the elements that a cell stands for counts, in this
// order from below: a ratio, Unjudged, Contradicted, Special.
const (
	Unjudged     = -1 // no implementation of this precision could be judged
	Contradicted = -2 // within its bound, but another run contradicts it
	Special      = -3 // NaN or Inf where a number belongs, or the other way round
)

// Picture is what an output looks like.
type Picture struct {
	Batch   int `json:"batch"`
	Heads   int `json:"heads"`
	QLen    int `json:"q_len"`
	KVLen   int `json:"kv_len"`
	HeadDim int `json:"head_dim"` // of v and the output

	Output    string             `json:"output"` // "out", or "lse" where only the logsumexp is wrong
	Wrong     int                `json:"wrong"`  // elements
	Elements  int                `json:"elements"`
	Diagnosis diagnose.Diagnosis `json:"diagnosis"`
	Maps      []Map              `json:"maps"`   // those with the worst elements first
	Hidden    int                `json:"hidden"` // further heads that are not drawn
	// Keys are maps of the weights that a row puts on each key, with keys across; Note explains what they show, or why
	// there are none.
	Keys   []Map     `json:"keys,omitempty"`
	Note   string    `json:"note,omitzero"`
	Around []Element `json:"around"` // the worst element and its neighbours, in the order of the output
	Worst  Element   `json:"worst"`
}

// Map is the error over the bound, rows down and columns across, of heads that are alike.
type Map struct {
	Of         [][2]int `json:"of"` // batch and head
	RowStep    int      `json:"row_step"`
	ColumnStep int      `json:"column_step"`
	// Cells are rows of ratios, or of the constants above. One that passes every number that JSON has is 1e300.
	Cells [][]float64 `json:"cells"`
}

// Element is one number of the output.
type Element struct {
	At    verdict.Place `json:"at"`
	Got   Number        `json:"got"`
	Want  Number        `json:"want"`
	Bound Number        `json:"bound"`
	Ratio Number        `json:"ratio"`
	// Verdict is reference.Verdict in words.
	Verdict string `json:"verdict"`
}

// Number is one that JSON may have no form for.
type Number float64

// MarshalJSON writes NaN and infinities as strings.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON reads them.
func (n *Number) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"NaN"`:
		*n = Number(math.NaN())
		return nil
	case `"Infinity"`:
		*n = Number(math.Inf(1))
		return nil
	case `"-Infinity"`:
		*n = Number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// Of draws an output. broken are elements that another run contradicts.
func Of(ctx context.Context, s diagnose.Subject, broken []verdict.Place) (*Picture, error) {
	c := s.Case
	p := &Picture{Batch: c.Batch, Heads: c.Heads, QLen: c.QLen, KVLen: c.KVLen, HeadDim: c.VDim()}
	var err error
	if p.Diagnosis, err = diagnose.Of(ctx, s); err != nil {
		return nil, err
	}
	v := view{p: p, name: "out", columns: c.VDim(), got: s.Tensors.Out.Dense(), at: s.Truth.OutputAt, contradicted: map[int]bool{}}
	if s.Tensors.LSE != nil && !v.wrong() {
		lse := v
		lse.name, lse.columns, lse.got, lse.at = "lse", 1, s.Tensors.LSE.Dense(), s.Truth.LSEAt
		onlyLSE := len(broken) > 0 && !slices.ContainsFunc(broken, func(b verdict.Place) bool { return b.Output == "" })
		if lse.wrong() || onlyLSE {
			v = lse
		}
	}
	for _, b := range broken {
		if (b.Output == "lse") == (v.name == "lse") {
			v.contradicted[((b.Batch*c.Heads+b.Head)*c.QLen+b.Row)*v.columns+b.Column] = true
		}
	}
	v.draw()
	return p, nil
}

// Check reports what a picture that was read from a file cannot be.
func (p *Picture) Check() error {
	for i, m := range slices.Concat(p.Maps, p.Keys) {
		if m.RowStep < 1 || m.ColumnStep < 1 || len(m.Of) == 0 || len(m.Cells) == 0 || len(m.Cells) > MaxRows {
			return fmt.Errorf("picture: map %d: %d rows by steps of %d and %d, of %d heads; want 1 to %d rows, steps above 0 and a head",
				i, len(m.Cells), m.RowStep, m.ColumnStep, len(m.Of), MaxRows)
		}
		for _, row := range m.Cells {
			if len(row) == 0 || len(row) > MaxColumns || len(row) != len(m.Cells[0]) {
				return fmt.Errorf("picture: map %d: a row of %d cells; want as many as the first, 1 to %d", i, len(row), MaxColumns)
			}
		}
	}
	return nil
}

// view is the output that is drawn.
type view struct {
	p            *Picture
	name         string
	columns      int
	got          []float64
	at           func(int, float64) reference.Place
	contradicted map[int]bool
}

func (v *view) wrong() bool {
	for i, x := range v.got {
		if v.at(i, x).Verdict >= reference.Numeric {
			return true
		}
	}
	return false
}

// level orders cells and elements, the gravest last.
func level(cell float64) float64 {
	switch cell {
	case Unjudged:
		return 0.5
	case Contradicted:
		return 2e300
	case Special:
		return 3e300
	}
	return cell
}

func (v *view) cell(i int) float64 {
	return Cell(v.at(i, v.got[i]), v.contradicted[i])
}

// Cell is what a judged element shows.
func Cell(e reference.Place, contradicted bool) float64 {
	switch {
	case e.Verdict == reference.Special:
		return Special
	case contradicted && e.Verdict != reference.Numeric:
		return Contradicted
	case e.Verdict == reference.Inconclusive:
		return Unjudged
	}
	ratio := min(e.Ratio, 1e300)
	// Three digits are what a map shows, rounded so that no cell passes 1 by it, nor stays below.
	if ratio > 0 {
		scale := math.Pow(10, 2-math.Floor(math.Log10(ratio)))
		rounded := math.Round(ratio*scale) / scale
		if finite(rounded) && (rounded > 1) == (ratio > 1) {
			ratio = rounded
		}
	}
	return ratio
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (v *view) draw() {
	p := v.p
	p.Output, p.Elements = v.name, len(v.got)
	worst, worstLevel := 0, -1.0
	for i, x := range v.got {
		e := v.at(i, x)
		if e.Verdict >= reference.Numeric || v.contradicted[i] {
			p.Wrong++
		}
		l := level(v.cell(i))
		if e.Verdict != reference.Special && e.Verdict != reference.Inconclusive && !v.contradicted[i] {
			l = e.Ratio
		}
		if l > worstLevel {
			worst, worstLevel = i, l
		}
	}
	p.Worst = v.element(worst)
	v.neighbours(worst)
	v.maps()
}

func (v *view) element(i int) Element {
	e := v.at(i, v.got[i])
	words := e.Verdict.String()
	if v.contradicted[i] && e.Verdict < reference.Numeric {
		words = "contradicted by another run"
	}
	at := verdict.Place{Batch: e.Batch, Head: e.Head, Row: e.Row, Column: e.Col}
	if v.name == "lse" {
		at.Output = v.name
	}
	return Element{At: at, Got: Number(e.Got), Want: Number(e.Want), Bound: Number(e.Bound), Ratio: Number(e.Ratio), Verdict: words}
}

func (v *view) neighbours(worst int) {
	e := v.p.Worst.At
	first := worst - e.Row*v.columns - e.Column // of the head
	for r := max(0, e.Row-around); r <= min(v.p.QLen-1, e.Row+around); r++ {
		for d := max(0, e.Column-around); d <= min(v.columns-1, e.Column+around); d++ {
			v.p.Around = append(v.p.Around, v.element(first+r*v.columns+d))
		}
	}
}
