//go:build cgo && unix

// Command benchengines holds the engines of the host device against each other: `make bench-engines`. For each kernel it
// prints what fibers and vectors make of it on one thread, in seconds of the processor, which a busy machine does not
// stretch, and whether the two have the same bits. The peak, and the same attention in plain C, are measured natively, not by a kernel.
package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"attest.example/attest/metal"
	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/internal/msl"
	"attest.example/attest/metal/scratch"
)

// measured is what one engine made of a kernel.
type measured struct {
	engine  msl.EngineOf
	compile float64 // seconds of processors, clang's too, without any cache
	seconds float64 // of the processor, of one run: the fastest
	out     []byte
}

// row is a kernel with its problem. run makes it on a device and returns a function that runs it once, and its output.
type row struct {
	name    string
	flops   float64
	inC     bool // plain C has the same problem
	prepare func(d *metal.Device) (once func() error, out []byte, err error)
}

func main() {
	flag := cmdline.New("benchengines")
	n := flag.Int("n", 1024, "rows and keys of the attention problems")
	only := flag.String("only", "", "rows whose name has this `word` in it")
	into := flag.String("out", "", "a `file` that gets what is printed, once all of it is there")
	if _, status, done := cmdline.Arguments(flag, "[flags]", 0, 0, os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	var printed bytes.Buffer
	err := withOwnCache(func() error { return table(io.MultiWriter(os.Stdout, &printed), *n, *only) })
	if err == nil && *into != "" {
		err = os.WriteFile(*into, printed.Bytes(), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-engines:", err)
		os.Exit(1)
	}
}

// withOwnCache keeps what is compiled meanwhile out of everybody else's.
func withOwnCache(do func() error) error {
	cache, err := scratch.Dir("engines")
	if err != nil {
		return err
	}
	defer cache.Remove()
	os.Setenv("ATTEST_CACHE", cache.Path)
	return do()
}

func table(w io.Writer, n int, only string) error {
	top, bits := peak()
	fmt.Fprintf(w, "One thread on %s, %s; the processor's peak is %.0f GFLOP/s (fused, %d bits, measured in C). Seconds are the processor's.\n",
		runtime.GOARCH, time.Now().Format(time.DateOnly), top, bits)
	inC := plain(n, columns)
	fmt.Fprintf(w, "Attention in plain C, -O3, float32: %.2f GFLOP/s, %.1f %% of the peak.\n\n", inC, 100*inC/top)
	after := ""
	fmt.Fprintln(w, "| kernel | engine | GFLOP/s | of peak | times fibers | compile s | bits |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, r := range rows(n) {
		if !strings.Contains(r.name, only) {
			continue
		}
		var of [2]measured
		for n, engine := range []metal.Engine{metal.EngineFibers, metal.EngineWide} { // fibers first: the others are held against them
			m, err := measure(r, engine)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			of[n] = m
			gflops := r.flops / m.seconds / 1e9
			fmt.Fprintf(w, "| %s | %s | %.2f | %.1f %% | %.1f | %.2f | %s |\n", r.name, words(engine, m.engine), gflops, 100*gflops/top,
				of[0].seconds/m.seconds, m.compile, same(of[0].out, m.out))
		}
		if r.inC {
			times, err := threads(r)
			if err != nil {
				return fmt.Errorf("%s on two threads: %w", r.name, err)
			}
			after = fmt.Sprintf("\n%s on vectors: %.1f times plain C. Two threads, by the clock: %.2f times one, where arithmetic in registers makes %.2f.\n",
				r.name, r.flops/of[1].seconds/1e9/inC, times, nativeThreads())
		}
	}
	fmt.Fprint(w, after)
	return nil
}

// batches are measured of everything, and the fastest counts: a second thread of the same core, which may be another
// machine's, halves the speed of one for seconds at a time.
const batches = 20

// words name an engine, and the reason where a kernel did not get the one that was asked for.
func words(asked metal.Engine, e msl.EngineOf) string {
	switch {
	case asked == metal.EngineFibers:
		return "fibers"
	case e.Engine == msl.EngineWide:
		return "wide"
	}
	return "wide asked for, on fibers: " + e.Why
}

func same(a, b []byte) string {
	if bytes.Equal(a, b) {
		return "equal"
	}
	different := 0
	for i := range a {
		if a[i] != b[i] {
			different++
		}
	}
	return fmt.Sprintf("%d bytes differ", different)
}

func measure(r row, engine metal.Engine) (measured, error) {
	var m measured
	d, err := metal.Host(metal.HostOptions{Workers: 1, Engine: engine, OnEngine: func(e msl.EngineOf) { m.engine = e }})
	if err != nil {
		return m, err
	}
	defer d.Close()
	before := processorSeconds()
	once, out, err := r.prepare(d)
	if err == nil {
		err = once()
	}
	if err != nil {
		return m, err
	}
	m.compile = processorSeconds() - before
	batch := func(runs int) (float64, error) {
		before := ownSeconds()
		for range runs {
			if err := once(); err != nil {
				return 0, err
			}
		}
		return ownSeconds() - before, nil
	}
	runs, took := 1, 0.0
	for took < 0.15 { // a clock that counts another thread's time is coarse
		if took, err = batch(runs); err != nil {
			return m, err
		}
		if took < 0.15 {
			runs = min(4*runs, int(float64(runs)*0.2/max(took, 1e-4))+1)
		}
	}
	m.seconds = took / float64(runs)
	for range batches - 1 {
		if took, err = batch(runs); err != nil {
			return m, err
		}
		m.seconds = min(m.seconds, took/float64(runs))
	}
	m.compile -= m.seconds // of the first run
	m.out = bytes.Clone(out)
	return m, nil
}

func seconds(who int) float64 {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func processorSeconds() float64 { return seconds(unix.RUSAGE_SELF) + seconds(unix.RUSAGE_CHILDREN) }

// ownSeconds are this process's, finer than rusage has them; threadSeconds those of the thread.
func ownSeconds() float64    { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }
func threadSeconds() float64 { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

func clock(id int32) float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0
	}
	return float64(t.Nano()) / 1e9
}

// normal fills memory of a precision with normally distributed numbers.
func normal(memory []byte, p metal.Precision, r *rand.Rand) {
	for i := 0; i < len(memory); {
		x := float32(r.NormFloat64())
		bits := math.Float32bits(x)
		switch p {
		case metal.FP32:
			memory[i], memory[i+1], memory[i+2], memory[i+3] = byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24)
			i += 4
		case metal.BF16:
			memory[i], memory[i+1] = byte(bits>>16), byte(bits>>24)
			i += 2
		default: // fp16: numbers of that size need no care at the ends
			half := uint16(bits>>16&0x8000) | uint16(max(0, int(bits>>23&0xff)-112)<<10) | uint16(bits>>13&0x3ff)
			memory[i], memory[i+1] = byte(half), byte(half>>8)
			i += 2
		}
	}
}
