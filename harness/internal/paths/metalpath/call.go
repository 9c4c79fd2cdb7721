package metalpath

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
	"unsafe"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// MakesCalls is nil, or an error that names what the library's calls cannot do.
func (p *Path) MakesCalls(c cases.Call) error {
	if _, plain := p.backend.(*plainLibrary); plain && c.Dispatches > 0 {
		return paths.Unsupported("call.dispatches: the ABI without descriptors runs a kernel once a call")
	}
	return nil
}

// keptCall is a descriptor with its handles that is called again, while the case and its buffers stay the same.
type keptCall struct {
	*Prepared
	name    string
	buffers []unsafe.Pointer
}

func buffersOf(t *cases.Tensors) (list []unsafe.Pointer) {
	for _, b := range t.Buffers() {
		list = append(list, unsafe.Pointer(unsafe.SliceData(b.Data)))
	}
	return list
}

// reportsLatency reports whether a library has a function for it; a device of this program always does.
func (p *Path) reportsLatency() bool {
	switch b := p.backend.(type) {
	case *plainLibrary:
		return !b.lacks(latencyFunction)
	case *library:
		return !slices.Contains(b.lib.Missing(), latencyFunction)
	}
	return true
}

const latencyFunction = "mfa_get_gpu_latency"

// callOf prepares the call, or finds the one that is kept for calls that are made again: contents may differ.
func (p *Path) callOf(ctx context.Context, c cases.Case, t *cases.Tensors, change func(*metal.AttentionOptions)) (*Prepared, error) {
	options := func(o *metal.AttentionOptions) {
		o.Dispatches = c.Call.Dispatches
		if deadline, ok := ctx.Deadline(); ok {
			o.Deadline = max(time.Until(deadline), time.Millisecond)
		}
		if change != nil {
			change(o)
		}
	}
	if c.Call.Repeat == 0 {
		p.forget()
		return p.prepare(ctx, c, t, options)
	}
	same := c.Clone()
	same.Values.Seed, same.After, same.Notes = 0, nil, ""
	name, buffers := cases.Name(same), buffersOf(t)
	if k := p.kept; k != nil && k.name == name && samePointers(k.buffers, buffers) {
		return k.Prepared, nil
	}
	p.forget()
	call, err := p.prepare(ctx, c, t, options)
	if err != nil {
		return nil, err
	}
	p.kept = &keptCall{call, name, buffers}
	return call, nil
}

func samePointers(a, b []unsafe.Pointer) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (p *Path) forget() {
	if p.kept != nil {
		p.kept.Close()
		p.kept = nil
	}
}

// alive is how many handles churn holds at once: more than the first table of a library that counts in 64s or 128s.
const alive = 160

// churn makes and destroys handles: of buffers over some memory, and with every 32nd a context. Those alive at a time go
// in another order than they came, so that a free list is used from both ends. The last of them live on while the call's
// own handles are made among them, until release, which tells whether the library counts fewer buffers or more than
// before.
func (p *Path) churn(c cases.Call) (release func() error, err error) {
	handles := c.Handles
	if handles == 0 {
		return func() error { return nil }, nil
	}
	if c.Repeat == 0 {
		p.forget() // as the call will do: what is kept for another case is no part of the count
	}
	kept := p.kept
	before, counts := p.liveBuffers()
	var held []*metal.Buffer
	free := func() {
		for _, b := range held {
			b.Close()
		}
		held = nil
	}
	memory := cases.Pages(1 << 16)
	for i := range handles {
		b, err := p.context.Wrap(memory)
		if err != nil {
			free()
			return nil, fmt.Errorf("handle %d of %d: %w", i+1, handles, err)
		}
		held = append(held, b)
		if i%32 == 31 {
			other, err := p.backend.NewContext()
			if err != nil {
				free()
				return nil, fmt.Errorf("context beside the call's, after %d handles: %w", i+1, err)
			}
			other.Close()
		}
		for len(held) > alive {
			at := i * 37 % len(held)
			held[at].Close()
			held[at] = held[len(held)-1]
			held = held[:len(held)-1]
		}
	}
	return func() error {
		free()
		if after, _ := p.liveBuffers(); counts && p.kept == kept && after != before {
			return fmt.Errorf("%d live buffers after %d were made and destroyed, %d before", after, handles, before)
		}
		return nil
	}, nil
}

// liveBuffers is how many buffers the context counts; false where it keeps no count.
func (p *Path) liveBuffers() (uint64, bool) {
	counters, err := p.context.Counters()
	return counters.Buffers, err == nil
}

// leaveOut drops what a caller may leave out of a mask: leading dimensions of extent 1, and strides that are those of
// contiguous memory.
func leaveOut(m *metal.Mask) {
	for len(m.Shape) > 1 && m.Shape[0] == 1 {
		m.Shape = m.Shape[1:]
		if m.Strides != nil {
			m.Strides = m.Strides[1:]
		}
	}
	if m.Strides == nil {
		return
	}
	stride := int64(1)
	for i := len(m.Shape) - 1; i >= 0; i-- {
		if m.Shape[i] != 1 && m.Strides[i] != stride {
			return
		}
		stride *= m.Shape[i]
	}
	m.Strides = nil
}

// clockSlack is what two clocks and the way between them may differ by.
const clockSlack = 2 * time.Millisecond

// checkTimes holds what a library reports of its speed against the call's own seconds: as many times as dispatches, none
// negative or unknown, no more together than the call took, and the latency that it reports on demand their sum.
func checkTimes(device []float64, dispatches int, bare bool, latency float64, wall time.Duration, reports bool) error {
	if !bare && len(device) != dispatches {
		return fmt.Errorf("reported the seconds of %d dispatches; %d were asked for", len(device), dispatches)
	}
	sum := 0.0
	for i, s := range device {
		if !(s >= 0) || math.IsInf(s, 0) {
			return fmt.Errorf("reported %g seconds for dispatch %d", s, i)
		}
		sum += s
	}
	if limit := (wall + clockSlack).Seconds() * 1.05; sum > limit {
		return fmt.Errorf("reported %.6f device seconds for a call that took %.6f", sum, wall.Seconds())
	}
	if reports && !(math.Abs(latency-sum) <= 1e-9+1e-6*sum) {
		return fmt.Errorf("a latency of %g seconds where the dispatches took %g", latency, sum)
	}
	return nil
}
