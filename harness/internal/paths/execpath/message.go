package execpath

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/predicate"
	"attest.example/attest/reference"
)

// Version is the protocol's. Both sides name theirs in the hello.
const Version = 1

// request is what attest writes: this as one line of JSON, then Bytes bytes of safetensors.
type request struct {
	Attest  int            `json:"attest"`
	Call    string         `json:"call"` // "hello", "attend", "reset"
	ID      int            `json:"id"`
	Case    jsontext.Value `json:"case,omitempty"` // canonical
	Problem *problem       `json:"problem,omitempty"`
	Memory  *memory        `json:"memory,omitempty"`
	Bytes   int            `json:"bytes"`
}

// answer is what a program writes: this as one line of JSON, then Bytes bytes of safetensors.
type answer struct {
	Attest         int       `json:"attest"`
	ID             int       `json:"id"`
	Hello          *hello    `json:"hello"`
	Unsupported    string    `json:"unsupported"`
	Error          string    `json:"error"`
	DeviceSeconds  []float64 `json:"device_seconds"`
	CompileSeconds float64   `json:"compile_seconds"`
	Cached         bool      `json:"cached"`
	Bytes          int       `json:"bytes"`
}

// memory is where the tensors of a program lie that asked for shared memory.
type memory struct {
	FD    int    `json:"fd,omitempty"`   // inherited
	Path  string `json:"path,omitempty"` // of a program that attest has not started
	Bytes int    `json:"bytes"`          // the whole file's
}

// hello is what a program says of itself.
type hello struct {
	Protocol   int        `json:"protocol"`
	Name       string     `json:"name"`
	Client     string     `json:"client"`
	Device     string     `json:"device"`
	Toolchain  string     `json:"toolchain"`
	Tensors    string     `json:"tensors"` // "dense" (default) or "shared"
	Reset      bool       `json:"reset"`   // takes the call of that name
	Arithmetic arithmetic `json:"arithmetic"`
	Promises   promises   `json:"promises"`
	Supports   []support  `json:"supports"`
}

// support is one condition that every supported case meets.
type support struct {
	When predicate.Predicate `json:"when"`
	Why  string              `json:"why"`
}

// arithmetic is reference.Arithmetic in the protocol's words. What is left out is what the case asks for.
type arithmetic struct {
	Accumulators            *precision.Format `json:"accumulators"`
	Scores                  *precision.Format `json:"scores"`
	Probabilities           *precision.Format `json:"probabilities"`
	ExpULP                  *float64          `json:"exp_ulp"`
	ExpULPPerX              float64           `json:"exp_ulp_per_x"`
	Block                   int               `json:"block"`
	NormalizedProbabilities bool              `json:"normalized_probabilities"`
	FlushSubnormals         bool              `json:"flush_subnormals"`
	EmptyRow                string            `json:"empty_row"` // "zero" (default) or "nan"
	FiniteMath              bool              `json:"finite_math"`
}

type promises struct {
	Deterministic *bool `json:"deterministic"`
	MaskedBits    *bool `json:"masked_bits"`
	Independent   *bool `json:"independent"`
	FutureBits    *bool `json:"future_bits"`
	NaN           *bool `json:"nan"`
}

// validate refuses a hello that no program can mean.
func (h *hello) validate() error {
	switch {
	case h.Protocol != Version:
		return fmt.Errorf("hello.protocol is %d; this attest speaks %d", h.Protocol, Version)
	case h.Tensors != "" && h.Tensors != dense && h.Tensors != shared:
		return fmt.Errorf("hello.tensors is %q; want %q or %q", h.Tensors, dense, shared)
	case h.Arithmetic.EmptyRow != "" && h.Arithmetic.EmptyRow != "zero" && h.Arithmetic.EmptyRow != "nan":
		return fmt.Errorf("hello.arithmetic.empty_row is %q; want \"zero\" or \"nan\"", h.Arithmetic.EmptyRow)
	}
	probe := cases.Case{Input: precision.FP32, Output: precision.FP32}
	if err := h.Arithmetic.of(probe).Validate(); err != nil {
		return fmt.Errorf("hello.arithmetic: %w", err)
	}
	return nil
}

func (a arithmetic) of(c cases.Case) reference.Arithmetic {
	out := paths.ArithmeticOf(c)
	if a.Accumulators != nil {
		out.Acc = paths.FormatOf(*a.Accumulators)
		out.Exp.A = 4 * out.Acc.Unit / reference.FP32.Unit
	}
	if a.Scores != nil {
		out.Scores = paths.FormatOf(*a.Scores)
	}
	if a.Probabilities != nil {
		out.Probs = paths.FormatOf(*a.Probabilities)
	}
	if a.ExpULP != nil {
		out.Exp.A = *a.ExpULP
	}
	out.Exp.B = a.ExpULPPerX
	out.Block = a.Block
	out.NormalizedProbs = a.NormalizedProbabilities
	out.FlushSubnormals = a.FlushSubnormals
	if a.EmptyRow == "nan" {
		out.Empty = reference.EmptyNaN
	}
	out.FiniteMath = a.FiniteMath
	out.Deterministic = true
	return out
}

func (p promises) all() paths.Promises {
	keeps := func(b *bool) bool { return b == nil || *b }
	return paths.Promises{
		Deterministic: keeps(p.Deterministic), MaskedBits: keeps(p.MaskedBits), Independent: keeps(p.Independent),
		FutureBits: keeps(p.FutureBits), NaN: keeps(p.NaN),
	}
}
