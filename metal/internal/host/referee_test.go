package host

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/referee"
)

var (
	randomKernels = flag.Int("kernels", 150, "how many random divergent kernels TestRandomKernelsDivergeByTheRule runs")
	randomSeed    = flag.Uint64("kernels-seed", 50000, "the seed of the first of them")
	kernelsOn     = flag.String("kernels-on", "", "only on devices that match this `expression`, such as ^[a-z]+$: those without the checkers, at a third of the time")
)

const kernelsInAText = 50 // what clang compiles at once

// differs is the error of a kernel that compiles, and that the engine and the referee do not agree on.
type differs struct{ error }

func isDifferent(err error) bool {
	var d differs
	return errors.As(err, &d)
}

// refereeInput is what the kernels of package referee read.
func refereeInput() []uint32 {
	in := make([]uint32, 64)
	for i := range in {
		in[i] = uint32(i*i*2654435761>>7) % 997
	}
	return in
}

// onEngine runs a kernel of a text on a device.
func onEngine(t testing.TB, d *device.Device, text, name string) (_ []uint32, err error) {
	p, err := d.Compile(&device.Program{Source: text, File: "random.metal", Function: name})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	in, out := buffer(t, d, 64*4), buffer(t, d, 32*4)
	copy(device.View[uint32](in.Bytes()), refereeInput())
	clear(device.View[uint32](out.Bytes()))
	if _, err = p.Run(&device.Launch{Arguments: []device.Argument{{Index: 0, Memory: in}, {Index: 1, Memory: out}, {Index: 2, Bytes: []byte{3, 0, 0, 0}}},
		Grid: [3]uint32{1}, Threadgroup: [3]uint32{32}}); err != nil {
		return nil, differs{err}
	}
	return slices.Clone(device.View[uint32](out.Bytes())), nil
}

// disagreement runs a kernel of a text on the devices and by masks, and returns where the two differ.
func disagreement(t testing.TB, devices map[string]*device.Device, text, name string) error {
	p, err := referee.Parse(text)
	if err != nil {
		return err
	}
	want := make([]uint32, 32)
	if err := p.Run(name, refereeInput(), want, 3); err != nil {
		return err
	}
	for schedule, d := range devices {
		got, err := onEngine(t, d, text, name)
		if err != nil {
			return fmt.Errorf("%s: %w", schedule, err)
		}
		for lane := range want {
			if got[lane] != want[lane] {
				return differs{fmt.Errorf("%s: lane %d has %d, by masks %d", schedule, lane, got[lane], want[lane])}
			}
		}
	}
	return nil
}

// TestRandomKernelsDivergeByTheRule holds the engine against package referee. For more kernels, here and on engine Wide:
//
//	make random-kernels COUNT=10000 SEED=1000
func TestRandomKernelsDivergeByTheRule(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler, err := defaultCompiler()
	if err != nil {
		t.Fatal(err)
	}
	only, err := regexp.Compile(*kernelsOn)
	if err != nil {
		t.Fatal(err)
	}
	devices := map[string]*device.Device{}
	for name, o := range everySchedule() {
		if o.Check && o.Order != Forward && o.Order != Lockstep || !only.MatchString(name) {
			continue
		}
		o.Compiler = wholeText{compiler}
		devices[name] = newDevice(t, o)
	}
	kept := newTally(t, *kernelsTally, *kernelsOn, *randomSeed)
	ran, err := kept.agreed()
	if err != nil {
		t.Fatal(err)
	}
	for first := ran; first < *randomKernels; first += kernelsInAText {
		var kernels []*referee.Kernel
		for i := first; i < min(first+kernelsInAText, *randomKernels); i++ {
			kernels = append(kernels, referee.Generate(fmt.Sprintf("k%d", i), *randomSeed+uint64(i)))
		}
		text := referee.Text(kernels...)
		for _, k := range kernels {
			if err := disagreement(t, devices, text, k.Name); err != nil {
				small := referee.Reduce(k, func(s *referee.Kernel) bool {
					return isDifferent(disagreement(t, devices, referee.Text(s), s.Name))
				})
				t.Fatalf("kernel %s of seed %d: %v\nreduced, %v:\n%s", k.Name, *randomSeed, err, disagreement(t, devices, referee.Text(small), small.Name), referee.Text(small))
			}
			ran++
		}
		if err := kept.add(ran); err != nil {
			t.Fatal(err)
		}
		if testing.Verbose() {
			fmt.Println(ran, "random kernels agree")
		}
	}
	t.Logf("%d random kernels agree", ran)
}

// TestRefereeHasTheValuesByHand holds the referee itself to the kernels whose values were worked out by hand.
func TestRefereeHasTheValuesByHand(t *testing.T) {
	for file, want := range map[string][2]uint32{"one": {16, 1616}, "two": {32321632, 323232}} {
		source, err := os.ReadFile("testdata/divergent/" + file + ".metal")
		if err != nil {
			t.Fatal(err)
		}
		p, err := referee.Parse(string(source))
		if err != nil {
			t.Fatal(err)
		}
		out := make([]uint32, 64*33)
		if err := p.Run("f", refereeInput(), out, 3); err != nil {
			t.Fatal(err)
		}
		for lane := range 32 {
			if out[lane] != want[lane%2] {
				t.Errorf("%s, lane %d: %d, want %d", file, lane, out[lane], want[lane%2])
			}
		}
	}
}
