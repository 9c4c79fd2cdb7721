package relation

import (
	"bytes"
	"fmt"

	"attest/harness/cases"
	"attest/harness/verdict"
	"attest/reference"
)

// Guard compares the tensors of a case before a run, outputs poisoned, and after it. It gives a *Violation of kind
// verdict.Guard where an input changed in any byte, slack included, or where anything was written to the outputs'
// buffers outside their elements.
func Guard(before, after *cases.Tensors) error {
	was := before.Buffers()
	for i, b := range after.Buffers() {
		if b.Name == "out" || b.Name == "lse" {
			if element := stray(b.Tensor); element >= 0 {
				return guard(verdict.Place{}, "element %d of the %s buffer lies outside the output and was written", element, b.Name)
			}
			continue
		}
		if i >= len(was) || was[i].Name != b.Name {
			return fmt.Errorf("guard: buffer %s is not among those before the run", b.Name)
		}
		if !bytes.Equal(was[i].Data, b.Data) {
			return guard(verdict.Place{}, "input %s was changed at byte %d of its buffer", b.Name, firstDifference(was[i].Data, b.Data))
		}
	}
	return nil
}

// Unwritten looks for output elements that still hold poison although the reference has a number there, or anything but
// NaN. It gives a *Violation of kind verdict.Guard at the first.
func Unwritten(after *cases.Tensors, truth *reference.Result) error {
	if truth.OutputDemand == nil {
		return fmt.Errorf("guard: the reference was computed without demands")
	}
	find := func(t *cases.Tensor, demands []reference.Demand, output string) error {
		count, first := 0, verdict.Place{}
		i := 0
		visit(t, func(b, h, r, d, index int) {
			mayBeNaN := demands[i]&(reference.NaN|reference.AnyNonFinite) != 0
			if i++; !mayBeNaN && poisoned(t, index) {
				if count == 0 {
					first = verdict.Place{Batch: b, Head: h, Row: r, Column: d, Output: output}
				}
				count++
			}
		})
		if count == 0 {
			return nil
		}
		name := output
		if name == "" {
			name = "out"
		}
		return guard(first, "%d elements of %s were never written, the first at [%d,%d,%d,%d]",
			count, name, first.Batch, first.Head, first.Row, first.Column)
	}
	if err := find(&after.Out, truth.OutputDemand, ""); err != nil {
		return err
	}
	if after.LSE == nil {
		return nil
	}
	return find(after.LSE, truth.LSEDemand, "lse")
}

func guard(where verdict.Place, format string, args ...any) error {
	return &Violation{Law: "guard", Kind: verdict.Guard, Where: where, Detail: fmt.Sprintf(format, args...)}
}

// stray gives the first element of an output's buffer that is not part of the output and no longer holds poison; -1
// where there is none. It counts first, which needs no memory, and looks for the place only where the counts differ.
func stray(t *cases.Tensor) int {
	if t.Len() == t.Elements {
		return -1
	}
	written := 0
	for i := range t.Elements {
		if !poisoned(t, i) {
			written++
		}
	}
	visit(t, func(_, _, _, _, index int) {
		if !poisoned(t, index) {
			written--
		}
	})
	if written == 0 {
		return -1
	}
	inside := make([]bool, t.Elements)
	visit(t, func(_, _, _, _, index int) { inside[index] = true })
	for i, in := range inside {
		if !in && !poisoned(t, i) {
			return i
		}
	}
	return -1
}

func poisoned(t *cases.Tensor, element int) bool {
	size := t.Format.Size()
	for _, b := range t.Data[element*size : (element+1)*size] {
		if b != cases.PoisonByte {
			return false
		}
	}
	return true
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
