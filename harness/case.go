package harness

import (
	"context"
	"errors"
	"fmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// What a case is made of.
type (
	// Precision is the storage format of a tensor.
	Precision = precision.Format
	// Mask is the mask of a case.
	Mask = cases.Mask
	// MaskKind names what forbids keys: nothing, the causal diagonal, a window, or an array of bytes or numbers.
	MaskKind = cases.MaskKind
	// Align is where the diagonal of a causal mask or a window lies.
	Align = cases.Align
	// MaskArray is a mask that lies in memory: bytes or numbers, broadcast where a stride is 0.
	MaskArray = cases.MaskArray
	// Layout is how each operand lies in memory.
	Layout = cases.Layout
	// Operand is how one operand lies in memory.
	Operand = cases.Operand
	// Order is the order of an operand's dimensions in memory.
	Order = cases.Order
	// Values is what the operands hold.
	Values = cases.Values
)

// The formats.
const (
	FP16 = precision.FP16
	BF16 = precision.BF16
	FP32 = precision.FP32
)

// The kinds of masks. A case without one has an empty kind.
const (
	CausalMask   = cases.CausalMask   // key j is allowed to row i iff j <= i + offset
	WindowMask   = cases.WindowMask   // allowed iff i+offset-left <= j <= i+offset+right
	BoolMask     = cases.BoolMask     // an array of bytes: non-zero means attend
	AdditiveMask = cases.AdditiveMask // an array of numbers, added to the logits after the scale
)

// The alignments of causal masks and windows: offset 0, or kv_len - q_len.
const (
	TopLeft     = cases.TopLeft
	BottomRight = cases.BottomRight
)

// The orders: B batch, H heads, S rows, D head_dim; the last varies fastest. A case's empty order is BHSD.
const (
	BHSD = cases.BHSD
	BSHD = cases.BSHD
)

// ErrUnsupported marks a refusal. An implementation that finds out only when it is called that it cannot compute a case
// returns an error from Attend that is ErrUnsupported to errors.Is; as from Supports, the case is then drawn again and
// counted, and does not fail. A further call that is refused, of a relation or of the same case again, is left out.
var ErrUnsupported = paths.ErrUnsupported

// Unsupported makes an error that is ErrUnsupported. Format and arguments are those of fmt.Errorf, and what they make is
// the reason that is counted: Unsupported("head_dim %d: want 64 or 128", c.HeadDim).
func Unsupported(format string, args ...any) error { return paths.Unsupported(format, args...) }

// Verdict is how a case ended: Kind is pass or unsupported, inconclusive, or what failed; Kind.Fails tells.
type Verdict = verdict.Verdict

// DecodeCase reads a case as attest keeps it in files: JSON, all defaults filled in. An error names the field and what
// would be accepted.
func DecodeCase(text []byte) (Case, error) { return cases.Decode(text) }

// Try runs one case through a path to its verdict, all relations included. It fills in the case's defaults. An error
// is a case that cannot be, or the end of ctx; what the path does wrong is a verdict.
func Try(ctx context.Context, p Path, c Case) (Verdict, error) {
	if p == nil {
		return Verdict{}, errors.New("the path is nil; want an implementation")
	}
	c = c.Clone()
	c.Version = cases.Version
	if err := c.Normalize(); err != nil {
		return Verdict{}, fmt.Errorf("case: %w", err)
	}
	outcome, err := trial.Run(ctx, p, c, trial.Options{Relations: -1, Deadline: defaults().trial.Deadline})
	return outcome.Verdict, err
}
