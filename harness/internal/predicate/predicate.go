package predicate

import (
	"errors"
	"fmt"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"attest.example/attest/harness/internal/cases"
)

// Predicate is a compiled condition over a case.
type Predicate struct {
	source  string
	program *vm.Program
	logits  bool // it names some of them
}

// Compile compiles a condition. The error of a wrong one tells the column and what is wrong there.
func Compile(source string) (Predicate, error) {
	program, err := compileIn(conditionType, source, expr.AsBool())
	if err != nil {
		return Predicate{}, err
	}
	return Predicate{source, program, namesLogits(source)}, nil
}

// Match evaluates the condition for a normalized case. The zero Predicate matches every case. An error is one that only
// the case's values show, such as a division by zero in an index.
func (p Predicate) Match(c cases.Case) (bool, error) {
	if p.program == nil {
		return true, nil
	}
	return p.Holds(FactsOf(c))
}

// Facts is all that a condition may name, read off one case.
type Facts struct {
	of     any
	logits func() any // the same with the logits
}

// FactsOf reads a normalized case for conditions; for who asks many of them about the same one.
func FactsOf(c cases.Case) Facts {
	of := conditionValues(&c)
	return Facts{of, sync.OnceValue(func() any { return withLogits(of, &c) })}
}

// Holds is Match for facts that were read before.
func (p Predicate) Holds(v Facts) (bool, error) {
	if p.program == nil {
		return true, nil
	}
	of := v.of
	if p.logits {
		of = v.logits()
	}
	out, err := expr.Run(p.program, of)
	if err != nil {
		return false, explain(p.source, err)
	}
	return out.(bool), nil
}

func (p Predicate) String() string { return p.source }

// MarshalText and UnmarshalText let a condition stand in JSON and TOML documents as the string that it is.
func (p Predicate) MarshalText() ([]byte, error) { return []byte(p.source), nil }

// UnmarshalText compiles.
func (p *Predicate) UnmarshalText(text []byte) (err error) {
	*p, err = Compile(string(text))
	return err
}

// explain puts the library's many lines into one.
func explain(source string, err error) error {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Errorf("expression %q: column %d: %s", source, at.Column+1, at.Message)
	}
	return fmt.Errorf("expression %q: %w", source, err)
}
