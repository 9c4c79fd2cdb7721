package fault

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/harness/internal/worker"
)

var (
	errOnPurpose = errors.New("it fails, on purpose")
	errPoisoned  = errors.New("the device is lost, and so is every call after this one")
)

var kinds = []Kind{
	{Name: "segv", Summary: "raises SIGSEGV", Verdict: verdict.Crash, Isolated: true, instead: raise(syscall.SIGSEGV)},
	{Name: "bus", Summary: "raises SIGBUS", Verdict: verdict.Crash, Isolated: true, instead: raise(syscall.SIGBUS)},
	{Name: "abort", Summary: "raises SIGABRT, as assert does", Verdict: verdict.Crash, Isolated: true, instead: raise(syscall.SIGABRT)},
	{Name: "fpe", Summary: "raises SIGFPE", Verdict: verdict.Crash, Isolated: true, instead: raise(syscall.SIGFPE)},
	{Name: "kill", Summary: "is killed, as by a system without memory", Verdict: verdict.Crash, Isolated: true, instead: raise(syscall.SIGKILL)},
	{Name: "wild", Summary: "reads where no memory is", Verdict: verdict.Crash, Isolated: true, instead: wild},
	{Name: "panic", Summary: "panics", Verdict: verdict.Crash, instead: func(*Path) error { panic("on purpose") }},
	{Name: "exit", Summary: "ends the process", Verdict: verdict.Crash, Isolated: true, instead: func(*Path) error { os.Exit(3); return nil }},
	{Name: "supports", Summary: "ends the process when asked what it supports", Verdict: verdict.Crash, Isolated: true,
		supports: func() { os.Exit(4) }},
	{Name: "hang", Summary: "never comes back", Verdict: verdict.Hang, instead: hang},
	{Name: "garbage", Summary: "writes garbage where messages belong", Verdict: verdict.Crash, Isolated: true, instead: garbage},
	{Name: "memory", Summary: "takes memory without end", Verdict: verdict.Crash, Isolated: true, instead: exhaust},
	{Name: "error", Summary: "returns an error", Verdict: verdict.Error, instead: func(*Path) error { return errOnPurpose }},
	{Name: "refuse", Summary: "refuses the case once it is called", Verdict: verdict.Unsupported, instead: func(*Path) error {
		return paths.Unsupported("it refuses, on purpose")
	}},
	{Name: "declines", Summary: "says that it does not support the case", Verdict: verdict.Unsupported, declines: true},
	{Name: "poison", Summary: "loses its device: this call and all later ones fail", Verdict: verdict.Error, instead: poison},
	{Name: "nan", Summary: "writes a NaN", Verdict: verdict.Special, after: func(_ *Path, t *cases.Tensors) {
		t.Out.Set(0, 0, 0, 0, math.NaN())
	}},
	{Name: "wrong", Summary: "is wrong in one element", Verdict: verdict.Numeric, after: func(_ *Path, t *cases.Tensors) {
		spoil(&t.Out)
	}},
	{Name: "chatty", Summary: "is wrong in one element, and says so on both streams", Verdict: verdict.Numeric, Isolated: true, after: func(_ *Path, t *cases.Tensors) {
		fmt.Fprintln(os.Stdout, "kernel: on stdout, all is well")
		fmt.Fprintln(os.Stderr, "kernel: on stderr, simdgroup 3 overflowed")
		spoil(&t.Out)
	}},
	{Name: "unwritten", Summary: "leaves an element unwritten", Verdict: verdict.Guard, after: func(_ *Path, t *cases.Tensors) {
		size := t.Out.Format.Size()
		at := t.Out.Index(0, 0, 0, 0) * size
		cases.PoisonElement(t.Out.Data[at : at+size])
	}},
	{Name: "overrun", Summary: "writes past the end of the output", Verdict: verdict.Guard, Isolated: true, after: func(_ *Path, t *cases.Tensors) {
		scribble(t.Out.Data, len(t.Out.Data), 24)
	}},
	{Name: "underrun", Summary: "writes before the start of the output", Verdict: verdict.Guard, Isolated: true, after: func(_ *Path, t *cases.Tensors) {
		scribble(t.Out.Data, -24, 24)
	}},
	{Name: "overread", Summary: "reads a row past the end of k", Verdict: verdict.Guard, Isolated: true, after: func(_ *Path, t *cases.Tensors) {
		peek(t.K.Data, len(t.K.Data)+4096)
	}},
	{Name: "input", Summary: "changes its input", Verdict: verdict.Guard, after: func(_ *Path, t *cases.Tensors) {
		if n := len(t.V.Data); n > 0 {
			t.V.Data[n/2] ^= 1
		}
	}},
	{Name: "flaky", Summary: "gives other bits every second call", Verdict: verdict.Nondeterministic, after: func(p *Path, t *cases.Tensors) {
		if p.calls%2 == 0 {
			nudge(&t.Out)
		}
	}},
	{Name: "cold", Summary: "gives other bits in the first call of a process", Verdict: verdict.Nondeterministic, after: func(p *Path, t *cases.Tensors) {
		if p.calls == 1 {
			nudge(&t.Out)
		}
	}},
	{Name: "stale", Summary: "spoils its context for the case after it", Verdict: verdict.Numeric, Later: true, after: func(p *Path, _ *cases.Tensors) {
		p.stale = true
	}},
	{Name: "latent", Summary: "loses its device without a word: all later calls fail", Verdict: verdict.Error, Later: true, after: func(p *Path, _ *cases.Tensors) {
		p.poisoned = true
	}},
	{Name: "peek", Summary: "lets the last row of v change a bit of the first element", Verdict: verdict.Relation, after: func(_ *Path, t *cases.Tensors) {
		if oddBits(&t.V) {
			nudge(&t.Out)
		}
	}},
	{Name: "open", Summary: "refuses to open"},
}

// raise ends the process by a signal, as C code does that runs into it: Go's runtime prints its dump and exits.
func raise(signal syscall.Signal) func(*Path) error {
	return func(*Path) error {
		if err := posix.Raise(signal); err != nil {
			return err
		}
		time.Sleep(time.Minute) // the signal is on its way
		return errors.New("the signal did not come")
	}
}

// hang ignores its context, as a kernel that waits for a simdgroup which never arrives.
func hang(*Path) error {
	for {
		time.Sleep(time.Hour)
	}
}

func garbage(*Path) error {
	_, err := posix.Write(worker.ReplyFD, []byte("kernel: 32 threads, all is well\n"))
	if err != nil {
		return err
	}
	time.Sleep(time.Minute) // so that nothing else can be noticed first
	return errors.New("nobody read it")
}

// exhaust takes 32 MiB at a time and touches every page, until somebody stops it or it has 16 GiB.
func exhaust(*Path) error {
	const step, most = 32 << 20, 16 << 30
	var held [][]byte
	for taken := 0; taken < most; taken += step {
		block := make([]byte, step)
		for i := 0; i < step; i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
		time.Sleep(time.Millisecond)
	}
	runtime.KeepAlive(held)
	return errors.New("nobody stopped it at 16 GiB")
}

func poison(p *Path) error {
	p.poisoned = true
	return errPoisoned
}

// spoil makes the first element wrong, whatever it is.
func spoil(t *cases.Tensor) {
	x := t.At(0, 0, 0, 0)
	if math.Abs(x) > 1 {
		t.Set(0, 0, 0, 0, -x)
		return
	}
	t.Set(0, 0, 0, 0, x+1)
}

// oddBits reports the parity of some of the bits of the numbers in the last row of a tensor's first head, whatever they are
// stored as.
func oddBits(t *cases.Tensor) bool {
	if t.Len() == 0 {
		return false
	}
	sum := uint64(0)
	for d := range t.Shape[3] {
		sum += math.Float64bits(t.At(0, 0, t.Shape[2]-1, d)) % 8191
	}
	return sum&1 == 1
}

// nudge flips the last bit of the first element, where it counts so little that the element stays right: in fp32, and not of
// a zero, whose bound may be 0.
func nudge(t *cases.Tensor) {
	if t.Format != precision.FP32 || t.At(0, 0, 0, 0) == 0 {
		return
	}
	t.Data[t.Index(0, 0, 0, 0)*t.Format.Size()] ^= 1
}
