package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"attest.example/attest/harness/internal/bench"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/catalog"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/metal/atomicfile"
)

func benchCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "bench", "[flags]", "Times a path over the table of shapes by which attention kernels are compared, finds out how many\n"+
		"dispatches really ran, and holds every rate against the device's measured peak. Where the path leaves the\n"+
		"engine to the device, kernels are timed as vectors.")
	path := flags.String("path", catalog.Default, "the implementation that is timed; attest paths lists them")
	quick := flags.Bool("quick", false, "smaller shapes and fewer samples: seconds instead of minutes")
	asJSON := flags.Bool("json", false, "print one JSON object instead of the table")
	out := flags.String("out", "", "also write the samples to this `file`, for benchstat and attest compare")
	var o bench.Options
	flags.IntVar(&o.N, "n", 0, "q_len and kv_len of the square shapes; default 1024, with --heads 4096, with --quick 256")
	flags.IntVar(&o.Heads, "heads", 0, "other rows, for a large device: so many heads, in each precision at head_dim 64, 128 and 256")
	flags.IntVar(&o.MaxKeys, "max-keys", 0, "most keys; default 16384, with --quick 2048; the rows of --heads have as many as rows")
	flags.BoolVar(&o.FFI, "ffi", false, "also time calls from Go and from C by turns")
	only := flags.String("only", "", "only shapes with one of these in their name, with commas: D=64,mask=causal")
	peak := flags.Float64("peak", 0, "the device's peak in `GFLOP/s`, where it cannot be measured; default measured")
	modes := flags.modeFlags()
	flags.Lookup("math").Usage = "math mode of paths host and msl:: safe, fast, or fast-folded (tests for NaN and infinity folded)"
	flags.Lookup("schedule").Usage = "order of simdgroups and threadgroups on paths host and msl: forward, reverse, random or lockstep"
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	for _, size := range []struct {
		flag string
		n    int
		most int
	}{{"n", o.N, 1 << 16}, {"max-keys", o.MaxKeys, 1 << 20}, {"heads", o.Heads, 1 << 10}} {
		if flags.given(size.flag) && (size.n < 1 || size.n > size.most) {
			return t.complain("bench: --%s %d; want 1 to %d", size.flag, size.n, size.most)
		}
	}
	if flags.given("peak") && !(*peak > 0 && *peak <= math.MaxFloat64/1e9) {
		return t.complain("bench: --peak %g; want a number above 0, to %.2g", *peak, math.MaxFloat64/1e9)
	}
	if status := flags.exclusive("heads", "max-keys"); status >= 0 {
		return status
	}
	if status := flags.folderOf("out", *out); status >= 0 {
		return status
	}
	if status := modes.apply(flags, path); status >= 0 {
		return status
	}
	o.Peak = *peak * 1e9
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	if *quick {
		o = quickly(o)
	}
	o.Pass = func(n, of int) { fmt.Fprintf(t.err, "pass %d of %d over the table\n", n+1, of) }
	return runBench(ctx, t, *path, o, *out, *asJSON)
}

func quickly(o bench.Options) bench.Options {
	o.Effort = bench.QuickEffort
	if o.N == 0 {
		o.N = 256
	}
	if o.MaxKeys == 0 {
		o.MaxKeys = 2048
	}
	return o
}

// openTimed opens a path, on vectors where it leaves the engine to the device: what is timed is not to depend on what was compiled
// before. A path of several ways is refused, for one table has the times of one.
func openTimed(ctx context.Context, path string) (paths.Path, error) {
	p, err := catalog.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	varied, several := p.(paths.Varied)
	if several = several && len(varied.Variants()) > 0; !several && !paths.LeavesEngine(p) {
		return p, nil
	}
	if closer, ok := p.(io.Closer); ok {
		closer.Close()
	}
	if several {
		return nil, fmt.Errorf("%s computes each case in several ways, and a table has the times of one; want one math mode, one schedule and one engine", path)
	}
	return catalog.Open(ctx, record.OnEngine(path, "wide"))
}

func runBench(ctx context.Context, t terminal, path string, o bench.Options, out string, asJSON bool) int {
	p, err := openTimed(ctx, path)
	if err != nil {
		return t.complain("bench: %v", err)
	}
	if closer, ok := p.(io.Closer); ok {
		defer closer.Close()
	}
	report, failed := bench.Run(ctx, bench.TargetOf(p), o)
	if failed != nil && (report == nil || report.Timed() == 0) {
		return t.complain("bench: %v", failed)
	}
	if ctx.Err() != nil {
		report.Unfinished = "interrupted"
	}
	write := report.WriteText
	if asJSON {
		write = report.WriteJSON
	}
	if err := write(t.out); err != nil {
		return t.complain("bench: %v", err)
	}
	if out != "" { // after the table, which a disk that is full must not cost
		if err := atomicfile.Write(out, report.WriteBench); err != nil {
			return t.complain("bench: --out: %v", err)
		}
	}
	if failed != nil {
		return t.complain("bench: %v; what was timed until then is told", failed)
	}
	switch {
	case !report.Credible():
		return nonconform
	case report.Timed() == 0:
		return misuse
	}
	return conforms
}
