package host

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
	"attest.example/attest/metal/internal/referee"
)

// TestVectorsWithMasksInRegisters: what package wide writes for AVX-512, whose masks have registers, has the bits of fibers and
// of the referee too. Processors that have it test that everywhere else; here others run it in instructions of their own.
func TestVectorsWithMasksInRegisters(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	if runtime.GOARCH != "amd64" || cpu.X86.HasAVX512F {
		t.Skip("this processor has registers for masks, or is of a kind that never has")
	}
	common := wideCompilerOf(t)
	made, err := msl.New(msl.Options{AsWithMasks: true})
	if err != nil {
		t.Fatal(err)
	}
	compiler := MSL{Compiler: made}

	var text strings.Builder
	text.WriteString(prelude)
	names := map[string]string{}
	for what, body := range stores {
		name := fmt.Sprint("stores_", len(names))
		names[what] = name
		text.WriteString(storing(name, body))
	}
	if bytes.Equal(moduleOf(t, common, text.String()), moduleOf(t, compiler, text.String())) {
		t.Fatal("the modules are those of this processor's own way")
	}
	for what, name := range names {
		for _, threadgroup := range [][3]uint32{{64}, {20, 3}} {
			if stored(t, compiler, Fibers, text.String(), name, threadgroup) != stored(t, wideText{compiler}, Wide, text.String(), name, threadgroup) {
				t.Errorf("stores %s in threadgroups of %v: the engines' bits differ", what, threadgroup)
			}
		}
	}
	for _, k := range partedKernels {
		wide, _ := partedOn(t, compiler, Wide, k.name)
		if fibers, _ := partedOn(t, compiler, Fibers, k.name); wide != fibers {
			t.Errorf("kernel %s: the engines' bits differ", k.name)
		}
	}
	var outputs [2]string
	var count engineCount
	for _, engine := range []Engine{Fibers, Wide} {
		d := newDevice(t, Options{Workers: 1, Engine: engine, Compiler: compiler, OnEngine: count.add})
		r := newAttention(t, d, "attention_float_64", 70, 2, 64)
		run(t, r.pipeline, r.launch)
		outputs[engine] = string(r.output.Bytes())
	}
	if outputs[Fibers] != outputs[Wide] || count.wide != 1 {
		t.Errorf("attention: the engines' bits differ, or it is on fibers: %v", count.why)
	}
	count = engineCount{}
	d := newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: wideText{compiler}, OnEngine: count.add})
	var kernels []*referee.Kernel
	for i := range kernelsInAText {
		kernels = append(kernels, referee.Generate(fmt.Sprintf("k%d", i), *randomSeed+1<<20+uint64(i)))
	}
	for _, k := range kernels {
		if err := disagreement(t, map[string]*device.Device{"wide": d}, referee.Text(kernels...), k.Name); err != nil {
			t.Errorf("random kernel %s: %v", k.Name, err)
		}
	}
	if count.wide < 4*count.fibers {
		t.Errorf("only %d of %d random kernels run on vectors: %v", count.wide, count.wide+count.fibers, count.why)
	}
}

// moduleOf are the bytes of the module of all kernels of a text, for vectors.
func moduleOf(t *testing.T, c MSL, text string) []byte {
	m, err := c.Build(t.Context(), msl.Program{Source: text, Engine: msl.EngineWide})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range m.Engines {
		if e.Engine != msl.EngineWide {
			t.Errorf("kernel %s is on fibers: %s", e.Kernel, e.Why)
		}
	}
	data, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
