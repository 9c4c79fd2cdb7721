package host

import (
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/drawn"
	"attest.example/attest/metal/internal/msl"
)

// drawnDiffers runs a kernel of a text on a device, and returns how what it leaves in memory is not what the kernel means.
func drawnDiffers(d *device.Device, text string, k *drawn.Kernel) error {
	buffers, err := k.Run()
	if err != nil {
		return err
	}
	p, err := d.Compile(&device.Program{Source: text, File: "drawn.metal", Function: k.Name})
	if err != nil {
		return err
	}
	defer p.Close()
	var uniforms []byte
	for _, u := range drawn.Uniforms() {
		uniforms = binary.LittleEndian.AppendUint32(uniforms, u)
	}
	groups, size := k.Grid()
	l := device.Launch{Grid: [3]uint32{groups}, Threadgroup: size, Arguments: []device.Argument{{Index: 0, Bytes: uniforms}}}
	memories := make([]*device.Memory, len(buffers))
	for i, b := range buffers {
		m, err := d.NewMemory(len(b.Before))
		if err != nil {
			return err
		}
		defer m.Close()
		copy(m.Bytes(), b.Before)
		memories[i] = m
		l.Arguments = append(l.Arguments, device.Argument{Index: uint32(i + 1), Memory: m})
	}
	if _, err := p.Run(&l); err != nil {
		return differs{err}
	}
	for i, b := range buffers {
		if how := b.Differs(memories[i].Bytes()); how != "" {
			return differs{fmt.Errorf("%s", how)}
		}
	}
	return nil
}

// TestRandomKernelsOfManyTypes holds both engines against what random kernels of package drawn mean. More of them run
// under the checkers and as on processors that have registers for masks, too. For more kernels:
//
//	make random-kernels COUNT=10000 SEED=1000
func TestRandomKernelsOfManyTypes(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler := wideCompilerOf(t)
	safe := device.MathSafe
	var count engineCount
	why := map[string]int{} // they stay on fibers
	devices := map[string]*device.Device{
		"wide": newDevice(t, Options{Workers: 1, Math: &safe, Engine: Wide, Compiler: wideText{compiler}, OnEngine: func(e msl.EngineOf) {
			count.add(e)
			if e.Engine != msl.EngineWide {
				why[e.Why]++
				if testing.Verbose() {
					fmt.Println(e)
				}
			}
		}}),
		"fibers": newDevice(t, Options{Workers: 1, Math: &safe, Engine: Fibers, Compiler: wholeText{compiler}}),
	}
	only, err := regexp.Compile(*kernelsOn)
	if err != nil {
		t.Fatal(err)
	}
	many := min(*randomKernels, 6)
	if *randomKernels > 150 { // more are asked for
		many = *randomKernels
		devices["checked"] = newDevice(t, Options{Workers: 1, Math: &safe, Check: true, Compiler: wholeText{compiler}})
		if runtime.GOARCH == "amd64" && !cpu.X86.HasAVX512F { // what would be for such a processor
			made, err := msl.New(msl.Options{AsWithMasks: true})
			if err != nil {
				t.Fatal(err)
			}
			devices["wide, masks in registers"] = newDevice(t, Options{Workers: 1, Math: &safe, Engine: Wide, Compiler: wideText{MSL{Compiler: made}}})
		}
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(devices)), func(name string) bool { return !only.MatchString(name) })
	kept := newTally(t, *kernelsTally, *kernelsOn, *randomSeed)
	begun, err := kept.agreed()
	if err != nil {
		t.Fatal(err)
	}
	disagreements := 0
	for first := begun; first < many; first += kernelsInAText {
		var kernels []*drawn.Kernel
		for i := first; i < min(first+kernelsInAText, many); i++ {
			kernels = append(kernels, drawn.Draw(fmt.Sprintf("k%d", i), *randomSeed+uint64(i)))
		}
		text := drawn.Text(kernels...)
		for _, k := range kernels {
			for _, on := range names {
				err := drawnDiffers(devices[on], text, k)
				if err == nil {
					continue
				}
				t.Errorf("kernel %s of seed %d, %s: %v", k.Name, k.Seed, on, err)
				if !isDifferent(err) {
					t.FailNow()
				}
				if disagreements++; disagreements < 3 {
					drawn.Reduce(k, func(s *drawn.Kernel) bool { return isDifferent(drawnDiffers(devices[on], drawn.Text(s), s)) })
					t.Logf("reduced, %v:\n%s", drawnDiffers(devices[on], drawn.Text(k), k), drawn.Text(k))
				}
				break
			}
		}
		if disagreements == 0 {
			if err := kept.add(first + len(kernels)); err != nil {
				t.Fatal(err)
			}
		}
		if testing.Verbose() {
			fmt.Printf("%d random kernels of many types, %d disagree; of the %d of this run %d are on vectors\n", first+len(kernels), disagreements, first+len(kernels)-begun, count.wide)
		}
	}
	t.Logf("%d random kernels on vectors, %d stayed on fibers", count.wide, count.fibers)
	if count.wide < 4*count.fibers {
		t.Error("so few of them run on vectors")
	}
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		t.Logf("%d: %s", why[reason], reason)
	}
}
