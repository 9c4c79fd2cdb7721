// Package paced is the naive path with a device clock that is made up: a dispatch takes a fixed time for its work, times
// a slowdown, with a little noise that follows from the case. Two runs of it differ in speed by exactly what they were
// told to, on any machine however busy, so that what compares speeds can be tested. Nothing but tests has a use for it.
package paced

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/naive"
)

const (
	// secondsPerProduct of a query element and a key element. No processor computes the naive path so fast, so a call
	// never ends before the time that its dispatch is said to have taken.
	secondsPerProduct = 1e-13
	noise             = 0.05 // the largest share by which a time is off
)

// Path is the paced path.
type Path struct {
	naive.Path
	name     string
	slowdown float64
	mask     cases.MaskKind // slow under this mask only; empty: always
}

// Open opens the path by what follows paced: in its name, a slowdown and perhaps a mask: paced:1.5 or paced:1.5,causal.
func Open(argument string) (*Path, error) {
	factor, mask, _ := strings.Cut(argument, ",")
	slowdown, err := strconv.ParseFloat(factor, 64)
	if err != nil || !(slowdown > 0 && slowdown <= 100) {
		return nil, fmt.Errorf("slowdown %q: want a number above 0, at most 100", factor)
	}
	return &Path{name: "paced:" + argument, slowdown: slowdown, mask: cases.MaskKind(mask)}, nil
}

// Name is what --path takes.
func (p *Path) Name() string { return p.name }

// Attend computes the case and makes up how long that took.
func (p *Path) Attend(ctx context.Context, c cases.Case, t *cases.Tensors) (paths.Timing, error) {
	timing, err := p.Path.Attend(ctx, c, t)
	if err != nil {
		return timing, err
	}
	work := c.Work() / 2
	seconds := work * secondsPerProduct * (1 + noise*p.unlike(c))
	if p.mask == "" || p.mask == c.Mask.Kind {
		seconds *= p.slowdown
	}
	timing.DeviceSeconds = []float64{seconds}
	return timing, nil
}

// unlike is a number from -1 to 1 that follows from the case and the path's name.
func (p *Path) unlike(c cases.Case) float64 {
	h := fnv.New64a()
	h.Write([]byte(cases.Name(c) + p.name))
	return 2*float64(binary.BigEndian.Uint32(h.Sum(nil)))/math.MaxUint32 - 1
}
