package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"attest.example/attest/metal/cmdline"
	"attest.example/attest/metal/internal/cuda"
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/host"
	"attest.example/attest/metal/internal/msl"
	"attest.example/attest/metal/plainfile"
)

// request is one launch, as the command line describes it.
type request struct {
	program device.Program
	gpu     *cuda.Options // nil: the host
	options host.Options
	launch  device.Launch // without buffers
	buffers []bufferSpec
	outputs map[int]string // buffer -> file to write
	show    int
	seed    uint64
	work    float64 // operations of one run; 0: unknown
	sarif   string  // file for what check finds; empty: none
}

var orders = map[string]host.Order{"forward": host.Forward, "reverse": host.Reverse, "random": host.Random, "lockstep": host.Lockstep}
var engines = map[string]host.Engine{"fibers": host.Fibers, "wide": host.Wide}
var fills = map[string]host.Fill{"nan": host.FillNaN, "zero": host.FillZero, "garbage": host.FillGarbage}

func choice[T any](flagName, text string, of map[string]T, accepted string) (T, error) {
	v, ok := of[text]
	if !ok {
		return v, fmt.Errorf("--%s %q: %s is wanted", flagName, text, accepted)
	}
	return v, nil
}

// triple reads "4", "4,2" or "4,2,1".
func triple(flagName, text string) ([3]uint32, error) {
	t := [3]uint32{1, 1, 1}
	parts := strings.Split(text, ",")
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil || n < 1 || i > 2 {
			return t, fmt.Errorf("--%s %q: one to three sizes of at least 1 are wanted, as in 8,4", flagName, text)
		}
		t[i] = uint32(n)
	}
	return t, nil
}

const usage = `usage: attest msl %s [flags] FILE.metal

  attest msl %[1]s --function scale --buffer 0=iota:float:1024 --bytes 1=float:0.5 --grid 1024 --threads 128 --in-threads k.metal

flags:
`

// parse reads the command line. It returns flag.ErrHelp where help was asked for, and printed.
func parse(command string, args []string, stdout io.Writer) (*request, error) {
	r := &request{outputs: map[int]string{}}
	f := cmdline.New(command) // what is wrong is told by the caller
	var buffers, bytes, locals, constants, outputs cmdline.List
	f.Var(&buffers, "buffer", "INDEX=GENERATOR:TYPE:COUNT (zero, one, iota, nan, normal, uniform) or INDEX=file:PATH[:TYPE]; repeatable")
	f.Var(&bytes, "bytes", "INDEX=TYPE:VALUE[,TYPE:VALUE...], laid out as a struct; repeatable")
	f.Var(&locals, "threadgroup", "INDEX=BYTES of threadgroup memory; repeatable")
	f.Var(&constants, "constant", msl.ConstantSyntax+", a function constant; repeatable")
	f.Var(&outputs, "out", "INDEX=PATH: write the buffer there afterwards; repeatable")
	grid := f.String("grid", "1", "X[,Y[,Z]] threadgroups, or threads with --in-threads")
	threads := f.String("threads", "32", "X[,Y[,Z]] threads of a threadgroup")
	f.BoolVar(&r.launch.GridInThreads, "in-threads", false, "the grid is given in threads; edge threadgroups are smaller")
	f.StringVar(&r.program.Function, "function", "", "kernel or host_name to run")
	math := f.String("math", "safe", "safe, fast, or fast-folded, where tests for NaN and infinity are folded too")
	var text msl.Program
	msl.AddSourceFlags(f, &text)
	f.IntVar(&r.launch.Repeat, "repeat", 1, "runs, in order")
	f.DurationVar(&r.launch.Deadline, "deadline", time.Minute, "of all runs")
	on := f.String("device", "host", "host, this machine's processors; cuda, an NVIDIA GPU, cuda:1 the second")
	f.IntVar(&r.options.Workers, "workers", 0, "OS threads; 0: one a processor")
	order := f.String("schedule", "forward", "order of simdgroups and threadgroups: forward, reverse, random, lockstep")
	engine := f.String("engine", "fibers", "what runs a simdgroup: fibers, one a thread, or wide, vectors of 32 lanes where that is known to be right")
	fill := f.String("fill", "nan", "what threadgroup memory holds at first: nan, zero, garbage")
	f.BoolVar(&r.options.LateCopies, "late-copies", false, "asynchronous copies land when they are waited for")
	if command == "check" {
		f.StringVar(&r.sarif, "sarif", "", "write what is found there too, as SARIF 2.1.0")
		f.BoolVar(&r.options.Partial, "partial", false, "note also simd operations that some lanes do not take part in; they are defined, over the active lanes")
	}
	f.Uint64Var(&r.seed, "seed", 1, "of random buffers, schedules and garbage")
	if command == "run" { // check prints neither buffers nor times
		f.IntVar(&r.show, "show", 8, "elements of each buffer to print")
		f.Float64Var(&r.work, "instructions", 0, "instructions of one run, for GINSTRS/s")
	}
	files, err := cmdline.Parse(f, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stdout, usage, command)
			f.SetOutput(stdout)
			f.PrintDefaults()
		}
		return nil, err
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%d files are given; one FILE.metal is wanted", len(files))
	}
	if r.program.Function == "" {
		return nil, fmt.Errorf("--function is missing: the kernel to run")
	}
	if err := text.CheckSource(); err != nil {
		return nil, err
	}
	r.program.Language = text.LanguageVersion
	if err := r.choose(*on, f, text); err != nil {
		return nil, err
	}
	if r.gpu == nil && len(text.Includes)+len(text.Defines) > 0 {
		if r.options.Compiler, err = host.DefaultMSL(text.Includes, text.Defines); err != nil {
			return nil, err
		}
	}
	if r.options.Order, err = choice("schedule", *order, orders, "forward, reverse, random or lockstep"); err != nil {
		return nil, err
	}
	if r.options.Engine, err = choice("engine", *engine, engines, "fibers or wide"); err != nil {
		return nil, err
	}
	if r.options.Fill, err = choice("fill", *fill, fills, "nan, zero or garbage"); err != nil {
		return nil, err
	}
	if r.program.Math, err = device.ParseMath(*math); err != nil {
		return nil, fmt.Errorf("--math: %w", err)
	}
	if r.launch.Grid, err = triple("grid", *grid); err != nil {
		return nil, err
	}
	if r.launch.Threadgroup, err = triple("threads", *threads); err != nil {
		return nil, err
	}
	r.options.Seed = r.seed
	switch {
	case r.launch.Repeat < 1 || r.launch.Repeat > mostRepeats:
		return nil, fmt.Errorf("--repeat %d: 1 to %d is wanted", r.launch.Repeat, mostRepeats)
	case r.launch.Deadline < 0:
		return nil, fmt.Errorf("--deadline %v: a time above 0 is wanted, or 0 for none", r.launch.Deadline)
	case r.show < 0:
		return nil, fmt.Errorf("--show %d: 0 or more is wanted", r.show)
	case !(r.work >= 0):
		return nil, fmt.Errorf("--instructions %g: 0 or more is wanted", r.work)
	}
	if err := r.bind(buffers, bytes, locals, constants, outputs); err != nil {
		return nil, err
	}
	source, err := plainfile.Read(files[0], plainfile.MaxText)
	r.program.File, r.program.Source = files[0], string(source)
	return r, err
}

const mostRepeats = 1 << 30

// hostFlags have no meaning on a GPU.
var hostFlags = []string{"workers", "schedule", "engine", "fill", "late-copies", "partial"}

// choose reads --device, and refuses what the device has no choice of.
func (r *request) choose(name string, f *flag.FlagSet, text msl.Program) (err error) {
	if name == host.Kind.Name {
		return nil
	}
	index, numbered := strings.CutPrefix(name, cuda.Kind.Name+":")
	r.gpu = new(cuda.Options)
	if numbered {
		r.gpu.Index, err = strconv.Atoi(index)
	}
	if err != nil || r.gpu.Index < 0 || !numbered && name != cuda.Kind.Name {
		return fmt.Errorf("--device %q: host, cuda or cuda:N is wanted", name)
	}
	f.Visit(func(given *flag.Flag) {
		if slices.Contains(hostFlags, given.Name) {
			err = fmt.Errorf("--%s: device %s has no such choice, only host has", given.Name, name)
		}
	})
	if err == nil && len(text.Includes)+len(text.Defines) > 0 {
		r.gpu.Compiler, err = newPTX(text.Includes, text.Defines)
	}
	return err
}

// withSources is a compiler whose texts have folders to include from, and macros.
type withSources struct {
	inner    *msl.Compiler
	includes []string
	defines  map[string]string
}

func newPTX(includes []string, defines map[string]string) (*withSources, error) {
	c, err := msl.New(msl.Options{Target: "ptx"})
	return &withSources{c, includes, defines}, err
}

func (w *withSources) Build(ctx context.Context, p msl.Program) (*msl.Module, error) {
	p.Includes, p.Defines = w.includes, w.defines
	return w.inner.Build(ctx, p)
}

// once notes that a flag gave what has an index, and complains where another flag has before.
func once(given map[int]string, index int, flagName, text string) error {
	if before, twice := given[index]; twice {
		return fmt.Errorf("--%s %q: %d is given before, by %s; each once is wanted", flagName, text, index, before)
	}
	given[index] = fmt.Sprintf("--%s %q", flagName, text)
	return nil
}

func (r *request) bind(buffers, bytes, locals, constants, outputs cmdline.List) error {
	bound, threadgroup, written := map[int]string{}, map[int]string{}, map[int]string{}
	for _, text := range buffers {
		s, err := parseBuffer(text)
		if err != nil {
			return fmt.Errorf("--buffer %w", err)
		}
		if err := once(bound, s.index, "buffer", text); err != nil {
			return err
		}
		r.buffers = append(r.buffers, s)
	}
	for _, text := range bytes {
		index, b, err := parseBytes(text)
		if err != nil {
			return fmt.Errorf("--bytes %w", err)
		}
		if err := once(bound, index, "bytes", text); err != nil {
			return err
		}
		r.launch.Arguments = append(r.launch.Arguments, device.Argument{Index: uint32(index), Bytes: b})
	}
	for _, text := range locals {
		index, rest, err := indexed(text)
		n, numberErr := strconv.Atoi(rest)
		if err != nil || numberErr != nil || n < 1 {
			return fmt.Errorf("--threadgroup %q: INDEX=BYTES is wanted", text)
		}
		if err := once(threadgroup, index, "threadgroup", text); err != nil {
			return err
		}
		r.launch.Arguments = append(r.launch.Arguments, device.Argument{Index: uint32(index), Threadgroup: n})
	}
	for _, text := range constants {
		var err error
		if r.program.Constants, err = msl.AddConstant(r.program.Constants, text); err != nil {
			return fmt.Errorf("--%w", err)
		}
	}
	for _, text := range outputs {
		index, path, err := indexed(text)
		if err != nil {
			return fmt.Errorf("--out %w", err)
		}
		if err := once(written, index, "out", text); err != nil {
			return err
		}
		if !slices.ContainsFunc(r.buffers, func(s bufferSpec) bool { return s.index == index }) {
			return fmt.Errorf("--out %q: no --buffer has the index %d; the index of one is wanted", text, index)
		}
		r.outputs[index] = path
	}
	return nil
}
