package msl

import "fmt"

// Engine is what runs the threads of a simdgroup on a processor.
type Engine int

const (
	// EngineFibers runs every thread on a fiber of its own.
	EngineFibers Engine = iota
	// EngineWide makes each simdgroup one fiber, whose 32 lanes are vectors (metal/internal/wide). A kernel of which that is
	// not known to be right stays on fibers.
	EngineWide
)

func (e Engine) String() string {
	if e == EngineWide {
		return "wide"
	}
	return "fibers"
}

// ParseEngine reads "fibers" or "wide".
func ParseEngine(s string) (Engine, error) {
	switch s {
	case "fibers":
		return EngineFibers, nil
	case "wide":
		return EngineWide, nil
	}
	return 0, fmt.Errorf("engine %q: fibers or wide expected", s)
}

// EngineOf names the engine that runs a kernel, where EngineWide was asked for.
type EngineOf struct {
	Kernel string
	Engine Engine
	Why    string `json:",omitempty"` // it stays on fibers
	Note   string `json:",omitempty"` // how it became wide, in numbers
}

func (e EngineOf) String() string {
	if e.Engine == EngineWide {
		return fmt.Sprintf("%s: engine wide (%s)", e.Kernel, e.Note)
	}
	return fmt.Sprintf("%s: engine fibers: %s", e.Kernel, e.Why)
}
