package metalpath

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

func calledCase(t *testing.T, call cases.Call, mask cases.Mask) cases.Case {
	c := cases.Case{Version: 1, Batch: 2, Heads: 3, QLen: 9, KVLen: 40, HeadDim: 8, Input: precision.FP32, Mask: mask, Call: call}
	require.NoError(t, c.Normalize())
	return c
}

func hostPath(t *testing.T) *Path {
	p, err := openDevice("host", Mode{Device: HostDevice})
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// TestHostMakesEveryCall runs each way of calling on the device of this machine.
func TestHostMakesEveryCall(t *testing.T) {
	p := hostPath(t)
	for _, call := range []cases.Call{
		{}, {Repeat: 2}, {Repeat: 1, Refill: true}, {Dispatches: 5}, {Handles: 400}, {Bare: true}, {Bare: true, Dispatches: 3},
		{Repeat: 1, Refill: true, Dispatches: 2, Handles: 40, Bare: true},
	} {
		for _, mask := range []cases.Mask{
			{}, {Kind: cases.BoolMask, Shape: "11qk"}, {Kind: cases.AdditiveMask, Shape: "111k", Pad: 3}, {Kind: cases.BoolMask, Shape: "1111", Density: 100},
		} {
			c := calledCase(t, call, mask)
			outcome, err := trial.Run(context.Background(), p, c, trial.Options{})
			require.NoError(t, err)
			require.Equal(t, verdict.Pass, outcome.Verdict.Kind, "%s: %s", cases.Describe(c), outcome.Verdict.Reason)
			if !call.Bare {
				require.Len(t, outcome.Timing.DeviceSeconds, max(call.Dispatches, 1))
			}
		}
	}
}

// TestACallIsKept: the same descriptor and handles serve the calls in the same buffers, and no others.
func TestACallIsKept(t *testing.T) {
	p, ctx := hostPath(t), context.Background()
	c := calledCase(t, cases.Call{Repeat: 1, Refill: true}, cases.Mask{})
	tensors := cases.Materialize(c)
	attend := func(c cases.Case, tensors *cases.Tensors) *Prepared {
		_, err := p.Attend(ctx, c, tensors)
		require.NoError(t, err)
		if p.kept == nil {
			return nil
		}
		return p.kept.Prepared
	}
	first := attend(c, tensors)
	require.NotNil(t, first)
	other := c
	other.Values.Seed = 9
	require.Same(t, first, attend(other, tensors))
	require.NotSame(t, first, attend(c, tensors.Clone()))
	second := attend(c, tensors)
	other.LSE = true
	require.NotSame(t, second, attend(other, cases.Materialize(other)))
	other.Call = cases.Call{}
	require.Nil(t, attend(other, cases.Materialize(other)))
	attend(c, tensors)
	require.NoError(t, p.Reset(ctx))
	require.Nil(t, p.kept)
}

func TestLeaveOut(t *testing.T) {
	for _, test := range []struct{ shape, strides, wantShape, wantStrides []int64 }{
		{[]int64{2, 3, 9, 40}, []int64{1080, 360, 40, 1}, []int64{2, 3, 9, 40}, nil},
		{[]int64{1, 1, 9, 40}, []int64{0, 0, 40, 1}, []int64{9, 40}, nil},
		{[]int64{1, 1, 9, 40}, []int64{0, 0, 43, 1}, []int64{9, 40}, []int64{43, 1}},
		{[]int64{1, 3, 1, 40}, []int64{0, 40, 0, 1}, []int64{3, 1, 40}, nil},
		{[]int64{1, 1, 1, 1}, []int64{0, 0, 0, 0}, []int64{1}, nil},
		{[]int64{1, 1, 9, 1}, []int64{0, 0, 4, 0}, []int64{9, 1}, []int64{4, 0}},
	} {
		m := metal.Mask{Shape: test.shape, Strides: test.strides}
		leaveOut(&m)
		require.Equal(t, test.wantShape, m.Shape)
		require.Equal(t, test.wantStrides, m.Strides)
	}
}

func TestReportedTimesAreHeldAgainstTheCall(t *testing.T) {
	for _, test := range []struct {
		words   string
		device  []float64
		n       int
		latency float64
		wall    time.Duration
		want    string
	}{
		{"right", []float64{1e-3, 2e-3}, 2, 3e-3, 4 * time.Millisecond, ""},
		{"a dispatch missing", []float64{1e-3}, 2, 1e-3, time.Second, "the seconds of 1 dispatches; 2 were asked for"},
		{"negative", []float64{-1}, 1, -1, time.Second, "reported -1 seconds for dispatch 0"},
		{"unknown", []float64{math.NaN()}, 1, 0, time.Second, "reported NaN seconds"},
		{"milliseconds for seconds", []float64{3}, 1, 3, 3 * time.Millisecond, "3.000000 device seconds for a call that took 0.003000"},
		{"another call's", []float64{1e-3}, 1, 5e-3, 4 * time.Millisecond, "a latency of 0.005 seconds where the dispatches took 0.001"},
		{"none", []float64{1e-3}, 1, 0, 4 * time.Millisecond, "a latency of 0 seconds"},
	} {
		err := checkTimes(test.device, test.n, false, test.latency, test.wall, true)
		if test.want == "" {
			require.NoError(t, err, test.words)
		} else {
			require.ErrorContains(t, err, test.want, test.words)
		}
	}
	require.NoError(t, checkTimes([]float64{1e-3}, 1, false, 0, time.Second, false), "a library without the function")
}

func TestThePlainInterfaceSaysWhatItCannotCall(t *testing.T) {
	p := &Path{backend: &plainLibrary{}}
	require.ErrorContains(t, p.MakesCalls(cases.Call{Dispatches: 2}), "call.dispatches: the ABI without descriptors")
	require.NoError(t, p.MakesCalls(cases.Call{Repeat: 2, Refill: true, Handles: 300, Bare: true}))
}

// TestHandlesAreMadeAmongOthers: those that churn made live on until the call is over, and none is left after it.
func TestHandlesAreMadeAmongOthers(t *testing.T) {
	p := hostPath(t)
	require.NoError(t, p.Reset(context.Background()))
	release, err := p.churn(cases.Call{Handles: 400})
	require.NoError(t, err)
	live, counts := p.liveBuffers()
	require.True(t, counts)
	require.Equal(t, uint64(alive), live)
	left, err := p.context.Wrap(cases.Pages(1))
	require.NoError(t, err)
	require.ErrorContains(t, release(), "1 live buffers after 400 were made and destroyed, 0 before")
	left.Close()
	live, _ = p.liveBuffers()
	require.Zero(t, live)
}
