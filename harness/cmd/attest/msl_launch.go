package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/npy"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/harness/internal/paths/mslpath"
	"attest.example/attest/metal/plainfile"
)

// launch is one run of a manifest's kernel by hand.
type launch struct {
	contents  map[string]string // of q, k, v and mask: a .npy file or a generator
	outputs   map[string]string // of out and lse: where they are written
	expected  map[string]string // of out and lse: what they are held against
	tolerance float64
	seed      uint64
}

// mslLaunch is `attest msl run --launch`: the kernel of a manifest on one case, its operands from files.
func mslLaunch(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "msl run", "--launch FILE.toml --case CASE [flags]",
		"Launches the kernels of a manifest on one case, with the case's own values or with those that are given, and prints or writes what came out. Files are .npy, [batch, heads, rows, columns].")
	file := flags.String("launch", "", "the manifest; FILE.toml?root=DIR where its texts lie elsewhere")
	problem := flags.String("case", "", "a case file, or its JSON: {\"version\":1, \"batch\":1, ...}")
	tolerance := flags.Float64("tolerance", 0, "the largest difference from --expect that is right")
	seed := flags.Uint64("seed", 1, "of normal and uniform")
	l := &launch{contents: map[string]string{}, outputs: map[string]string{}, expected: map[string]string{}}
	named := func(into map[string]string, accepted string) func(string) error {
		return func(s string) error {
			name, value, given := strings.Cut(s, "=")
			if !given || value == "" || !strings.Contains(" "+accepted+" ", " "+name+" ") {
				return fmt.Errorf("%q: want NAME=..., with one of %s", s, accepted)
			}
			if into[name] != "" {
				return fmt.Errorf("%s is given twice; want it once", name)
			}
			into[name] = value
			return nil
		}
	}
	flags.several("buffer", "`NAME=FILE.npy`, or NAME=zero, one, iota, nan, normal or uniform, of q, k, v or mask (repeatable)", named(l.contents, "q k v mask"))
	flags.several("out", "`NAME=FILE.npy` of out or lse: write it there (repeatable)", named(l.outputs, "out lse"))
	flags.several("expect", "`FILE.npy`, or NAME=FILE.npy of out or lse: what must come out (repeatable)", func(s string) error {
		if !strings.Contains(s, "=") {
			s = "out=" + s
		}
		return named(l.expected, "out lse")(s)
	})
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	l.tolerance, l.seed = *tolerance, *seed
	if *problem == "" {
		return t.complain("msl run: --case is missing: the sizes and formats that the manifest's expressions ask for")
	}
	if !(*tolerance >= 0) {
		return t.complain("msl run: --tolerance %g: want at least 0", *tolerance)
	}
	if flags.given("tolerance") && len(l.expected) == 0 {
		return t.complain("msl run: --tolerance is of --expect, which is missing")
	}
	status, err := l.run(ctx, t, *file, *problem)
	if err != nil {
		return t.complain("msl run: %v", err)
	}
	return status
}

func (l *launch) run(ctx context.Context, t terminal, file, problem string) (int, error) {
	text := []byte(problem)
	if !strings.HasPrefix(strings.TrimSpace(problem), "{") {
		var err error
		if text, err = plainfile.Read(problem, cases.MaxFileBytes); err != nil {
			return 0, err
		}
	}
	c, err := cases.Decode(text)
	if err != nil {
		return 0, fmt.Errorf("case: %w", err)
	}
	p, err := mslpath.Open(file)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	if err := paths.Supports(p, c); err != nil {
		return 0, fmt.Errorf("the manifest does not support this case: %w", err)
	}
	tensors := cases.Materialize(c)
	if err := l.fill(tensors); err != nil {
		return 0, err
	}
	timing, err := p.Attend(ctx, c, tensors)
	if err != nil {
		fmt.Fprintln(t.err, err)
		if found, ok := err.(*metalpath.CheckerError); ok {
			for _, r := range found.Reports {
				fmt.Fprintln(t.out, r)
			}
		}
		return nonconform, nil
	}
	for i, seconds := range timing.DeviceSeconds {
		fmt.Fprintf(t.out, "dispatch %d: %.6f s\n", i, seconds)
	}
	return l.finish(t, tensors)
}

// finish prints the outputs, writes those that were asked for, and holds those of which something is expected.
func (l *launch) finish(t terminal, tensors *cases.Tensors) (int, error) {
	status := conforms
	for _, b := range tensors.Buffers() {
		if b.Name != "out" && b.Name != "lse" {
			continue
		}
		values := b.Tensor.Dense()
		fmt.Fprintf(t.out, "%s: %v, %v, first %.6g\n", b.Name, b.Tensor.Shape, b.Tensor.Format, values[:min(8, len(values))])
		if path := l.outputs[b.Name]; path != "" {
			if err := os.WriteFile(path, npy.Encode(b.Tensor.Shape[:], values, b.Tensor.Format), 0o644); err != nil {
				return 0, err
			}
		}
		right, err := l.hold(t, b.Name, b.Tensor, values)
		if err != nil {
			return 0, err
		}
		if !right {
			status = nonconform
		}
	}
	for _, given := range []map[string]string{l.outputs, l.expected} {
		if _, asked := given["lse"]; asked && tensors.LSE == nil {
			return 0, fmt.Errorf("the case has no lse; \"lse\": true asks for it")
		}
	}
	return status, nil
}

// fill puts given contents in place of the case's own.
func (l *launch) fill(t *cases.Tensors) error {
	for _, b := range t.Buffers() {
		from, given := l.contents[b.Name]
		if !given {
			continue
		}
		delete(l.contents, b.Name)
		next, err := l.values(from, b.Tensor.Shape)
		if err != nil {
			return fmt.Errorf("--buffer %s: %w", b.Name, err)
		}
		i := 0
		for batch := range b.Tensor.Shape[0] {
			for h := range b.Tensor.Shape[1] {
				for r := range b.Tensor.Shape[2] {
					for d := range b.Tensor.Shape[3] {
						if x := next(i); b.Name == "mask" && t.Mask.Bool {
							t.Mask.SetBias(batch, h, r, d, map[bool]float64{true: 0, false: math.Inf(-1)}[x != 0])
						} else {
							b.Tensor.Set(batch, h, r, d, x)
						}
						i++
					}
				}
			}
		}
	}
	for name := range l.contents {
		return fmt.Errorf("--buffer %s: the case has no such array", name)
	}
	return nil
}

// values returns element i of a file or of a generator.
func (l *launch) values(from string, shape [4]int) (func(int) float64, error) {
	random := rand.New(rand.NewPCG(l.seed, 0))
	switch from {
	case "zero":
		return func(int) float64 { return 0 }, nil
	case "one":
		return func(int) float64 { return 1 }, nil
	case "iota":
		return func(i int) float64 { return float64(i) }, nil
	case "nan":
		return func(int) float64 { return math.NaN() }, nil
	case "normal":
		return func(int) float64 { return random.NormFloat64() }, nil
	case "uniform":
		return func(int) float64 { return random.Float64() }, nil
	}
	a, err := readArray(from, shape)
	if err != nil {
		return nil, err
	}
	return func(i int) float64 { return a.Values[i] }, nil
}

func readArray(file string, shape [4]int) (*npy.Array, error) {
	data, err := plainfile.Read(file, plainfile.NoLimit)
	if err != nil {
		return nil, fmt.Errorf("%w; or want one of zero, one, iota, nan, normal, uniform", err)
	}
	a, err := npy.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if fmt.Sprint(a.Shape) != fmt.Sprint(shape[:]) {
		return nil, fmt.Errorf("%s has the shape %v; want %v", file, a.Shape, shape)
	}
	return a, nil
}

// hold compares an output with what is expected of it.
func (l *launch) hold(t terminal, name string, tensor *cases.Tensor, values []float64) (bool, error) {
	file := l.expected[name]
	if file == "" {
		return true, nil
	}
	a, err := readArray(file, tensor.Shape)
	if err != nil {
		return false, fmt.Errorf("--expect %s: %w", name, err)
	}
	worst, at, wrong := 0.0, 0, 0
	for i, x := range values {
		off := math.Abs(x - a.Values[i])
		if x == a.Values[i] || math.IsNaN(x) && math.IsNaN(a.Values[i]) {
			off = 0
		} else if math.IsNaN(off) {
			off = math.Inf(1)
		}
		if off > worst {
			worst, at = off, i
		}
		if off > l.tolerance {
			wrong++
		}
	}
	s := tensor.Shape
	fmt.Fprintf(t.out, "%s: at most %.3g from what is expected, at [%d,%d,%d,%d]; %d of %d elements beyond %g\n", name, worst,
		at/s[3]/s[2]/s[1], at/s[3]/s[2]%s[1], at/s[3]%s[2], at%s[3], wrong, len(values), l.tolerance)
	return wrong == 0, nil
}
