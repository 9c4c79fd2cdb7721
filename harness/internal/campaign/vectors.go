package campaign

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/onnx"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// VectorOptions choose node tests of ONNX and the paths that they run on.
type VectorOptions struct {
	Dirs      []string
	Paths     []string
	Deadline  time.Duration // of one call
	Isolation Isolation
}

// VectorResult is what became of one node test.
type VectorResult struct {
	Name    string   `json:"name"`
	Summary string   `json:"words,omitempty"`  // the problem that it is
	Notes   []string `json:"notes,omitempty"`  // how it was put into a case
	Reason  string   `json:"reason,omitempty"` // why it cannot be; then nothing was run
	Damage  string   `json:"damage,omitempty"` // why its files cannot be read, with the file's name; likewise
	// Stored is the verdict on ONNX's own answer, judged as an implementation in the precision of its inputs.
	Stored verdict.Verdict   `json:"stored"`
	Paths  []verdict.Verdict `json:"paths,omitempty"` // in the order of VectorOptions.Paths
}

// Fails reports whether a path, or the stored answer, is wrong.
func (r VectorResult) Fails() bool {
	if r.Reason != "" || r.Damage != "" {
		return false
	}
	for _, v := range r.Paths {
		if v.Kind.Fails() {
			return true
		}
	}
	return r.Stored.Kind.Fails()
}

// Vectors runs node tests of ONNX's Attention. each gets a result as soon as it is there, one of a test that cannot be read too.
func Vectors(ctx context.Context, o VectorOptions, each func(VectorResult)) error {
	opened := make([]paths.Path, len(o.Paths))
	defer func() {
		for _, p := range opened {
			if closer, ok := p.(interface{ Close() error }); ok {
				closer.Close()
			}
		}
	}()
	for i, name := range o.Paths {
		p, err := o.Isolation.opener(name)(ctx)
		if err != nil {
			return err
		}
		opened[i] = p
	}
	for _, dir := range o.Dirs {
		check, r := readVector(dir)
		if check != nil {
			if err := vector(ctx, o, opened, check, &r); err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
		}
		each(r)
	}
	return nil
}

// readVector reads one node test. What cannot be read costs that one alone.
func readVector(dir string) (*onnx.Check, VectorResult) {
	v, err := onnx.Read(dir)
	if err != nil {
		return nil, VectorResult{Name: filepath.Base(dir), Damage: err.Error()}
	}
	check, reason, err := v.Express()
	if err != nil {
		return nil, VectorResult{Name: v.Name, Damage: err.Error()}
	}
	return check, VectorResult{Name: v.Name, Reason: reason}
}

func vector(ctx context.Context, o VectorOptions, opened []paths.Path, check *onnx.Check, r *VectorResult) error {
	r.Summary, r.Notes = cases.Describe(check.Case), check.Notes
	truth, err := oracle.Truth(ctx, check.Case, check.Tensors, storedArithmetic(check.Case), reference.Options{})
	if err != nil {
		return err
	}
	answer := check.Tensors.Clone()
	check.Answer(&answer.Out)
	if r.Stored, err = oracle.Judge(truth, answer); err != nil {
		return err
	}
	for _, p := range opened {
		outcome, err := trial.Given(ctx, p, check.Case, check.Fill, trial.Options{Deadline: o.Deadline})
		if err != nil {
			return err
		}
		r.Paths = append(r.Paths, outcome.Verdict)
	}
	return nil
}

// storedArithmetic is that of the numpy code which made ONNX's answers: everything in the format of the inputs, numpy's
// exponential of halves good to an ulp of theirs.
func storedArithmetic(c cases.Case) reference.Arithmetic {
	f := paths.FormatOf(c.Input)
	a := reference.Arithmetic{In: f, Acc: f, Out: f, Exp: reference.ExpError{A: 4 * f.Unit / reference.FP32.Unit}, NormalizedProbs: true}
	if c.Input != precision.FP32 {
		a.Scores, a.Probs = f, f
		a.Exp.A = f.Unit / reference.FP32.Unit
	}
	return a
}
