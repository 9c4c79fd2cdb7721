package msl

import (
	"errors"
	"fmt"
)

// Skipped is a kernel that a build of a whole text left out, and why. One that is asked for by its name fails instead.
type Skipped struct {
	Name   string
	Line   int    // in the text, 0 where it is not known
	Reason string // a line or more, which begin with the place in the text where that is known
	err    error
	lacks  bool // only a value for a function constant
}

func skippedFor(name string, err error) Skipped {
	s := Skipped{Name: name, Reason: err.Error(), err: err}
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		s.Line = syntax.Line
	}
	return s
}

// leaveOut notes that a function of the text is left out.
func (u *unit) leaveOut(s Skipped) {
	if u.leftOut(s.Name) == nil {
		u.skipped = append(u.skipped, s)
	}
}

// leftOut is why a function is left out, nil where it is not.
func (u *unit) leftOut(name string) error {
	for _, s := range u.skipped {
		if s.Name == name {
			return s.err
		}
	}
	return nil
}

// chooseEntries keeps the entry point that the program asks for, or, where it asks for none, all that can run.
func (u *unit) chooseEntries() error {
	if u.program.Function != "" {
		return u.chooseOne(u.program.Function)
	}
	piece := u.program.Piece
	of := piece.of(u.entries)
	if len(of) == 0 && len(u.entries) > 0 {
		return fmt.Errorf("piece %d of %d: the text has only %d kernels", piece.Index, piece.Of, len(u.entries))
	}
	var kept []entryPoint
	for _, e := range of {
		if e.kernel.refused != nil {
			u.leaveOut(skippedFor(e.name, e.kernel.refused))
		} else if u.leftOut(e.name) == nil {
			kept = append(kept, e)
		}
	}
	u.entries = kept
	return u.someLeft()
}

// someLeft returns what is wrong where no entry point is left.
func (u *unit) someLeft() error {
	switch {
	case len(u.entries) > 0:
		return nil
	case u.lacksOnlyConstants():
		return nil
	case len(u.skipped) == 0:
		return fmt.Errorf("the text has no kernel: a function marked kernel, or an instantiation of one with [[host_name(\"...\")]]")
	}
	var all []error
	for _, s := range u.skipped {
		all = append(all, s.err)
	}
	return errors.Join(all...)
}

// lacksOnlyConstants reports whether every kernel would run if it were given its constants: nothing is wrong with the text.
func (u *unit) lacksOnlyConstants() bool {
	for _, s := range u.skipped {
		if !s.lacks {
			return false
		}
	}
	return len(u.skipped) > 0
}

func (u *unit) chooseOne(function string) error {
	var names []string
	for _, e := range u.entries {
		if e.name == function {
			u.entries = []entryPoint{e}
			return e.kernel.refused
		}
		names = append(names, e.name)
	}
	if err := u.leftOut(function); err != nil {
		return err
	}
	for _, k := range u.kernels {
		if k.template && k.name == function {
			return fmt.Errorf("kernel %s is a template: it runs as an instantiation with [[host_name(\"...\")]]; there are: %s", function, list(names))
		}
	}
	return fmt.Errorf("the text has no kernel %q; there are: %s", function, list(names))
}
