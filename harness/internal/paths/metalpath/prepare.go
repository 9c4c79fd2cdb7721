package metalpath

import (
	"context"
	"runtime"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/peak"
	"attest.example/attest/metal"
)

// Prepared is a call made once and run often, for those who measure.
type Prepared struct {
	attention *metal.Attention
	backend   backend
	wrapped   wrapper
	tensors   *cases.Tensors // whose memory is wrapped: a large one's goes when nobody holds the tensor
}

// Prepare makes a call that runs the kernel so many times over the tensors each time it is run. A limit on one run of
// the call is its deadline; 0: none.
func (p *Path) Prepare(ctx context.Context, c cases.Case, t *cases.Tensors, dispatches int, limit time.Duration) (*Prepared, error) {
	return p.prepare(ctx, c, t, func(o *metal.AttentionOptions) { o.Dispatches, o.Deadline = dispatches, limit })
}

func (p *Path) prepare(ctx context.Context, c cases.Case, t *cases.Tensors, change func(*metal.AttentionOptions)) (*Prepared, error) {
	if p.context == nil {
		if err := p.Reset(ctx); err != nil {
			return nil, err
		}
	}
	call := &Prepared{wrapped: wrapper{context: p.context}, tensors: t, backend: p.backend}
	options, err := p.backend.Express(&call.wrapped, c, t)
	if err != nil {
		call.wrapped.close()
		return nil, refusal(err)
	}
	if options.TotalOnly = c.Call.Bare; c.Call.Bare && options.Mask != nil {
		leaveOut(options.Mask)
	}
	change(options)
	if call.attention, err = p.context.NewAttention(options); err != nil {
		call.wrapped.close()
		return nil, refusal(err)
	}
	return call, nil
}

// Run runs the call and waits.
func (c *Prepared) Run() (paths.Timing, error) {
	defer runtime.KeepAlive(c)
	c.wrapped.fused.fill()
	if err := c.backend.Call(c.attention.Forward); err != nil {
		return paths.Timing{}, refusal(err)
	}
	t := c.attention.Timing()
	return paths.Timing{DeviceSeconds: t.GPU, CompileSeconds: t.Compile.Seconds(), Cached: t.Cached}, nil
}

// Repeat runs the call n times from C, without coming back to Go in between.
func (c *Prepared) Repeat(n int) error {
	defer runtime.KeepAlive(c)
	c.wrapped.fused.fill()
	return refusal(c.backend.Call(func() error { return c.attention.Repeat(n) }))
}

// Close frees the call.
func (c *Prepared) Close() {
	c.attention.Close()
	c.wrapped.close()
}

// Device is what kernels can be run on beside attention, and how many threadgroups it computes at once, 0 where that
// is not known. It is nil for a loaded library that offers attention alone.
func (p *Path) Device() (device *metal.Device, processors int) { return p.backend.Device() }

// Peak measures the device's; 0 where it is out of reach.
func (p *Path) Peak(context.Context) (float64, error) {
	device, processors := p.backend.Device()
	if device == nil {
		return 0, nil
	}
	measured, err := peak.Measure(device, processors, peak.UsualTime)
	return measured.FLOPS(), err
}
