package host

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
	"attest.example/attest/metal/internal/referee"
)

// wideText compiles all kernels of a text at once for engine Wide.
type wideText struct{ MSL }

func (c wideText) CompileWide(ctx context.Context, p device.Program) (Module, error) {
	p.Function = ""
	return c.MSL.CompileWide(ctx, p)
}

// TestRandomKernelsOnVectors holds engine Wide against package referee on random kernels that diverge: which lanes take part
// in each operation shows in every result. make random-kernels runs more of them.
func TestRandomKernelsOnVectors(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler := wideCompilerOf(t)
	var count engineCount
	d := newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: wideText{compiler}, OnEngine: count.add})
	many := min(*randomKernels, 60)
	if *randomKernels > 150 {
		many = *randomKernels
	}
	kept := newTally(t, *kernelsTally, "wide", *randomSeed)
	begun, err := kept.agreed()
	if err != nil {
		t.Fatal(err)
	}
	disagreements := 0
	for first := begun; first < many; first += kernelsInAText {
		var kernels []*referee.Kernel
		for i := first; i < min(first+kernelsInAText, many); i++ {
			kernels = append(kernels, referee.Generate(fmt.Sprintf("k%d", i), *randomSeed+uint64(i)))
		}
		text := referee.Text(kernels...)
		for _, k := range kernels {
			err := disagreement(t, map[string]*device.Device{"wide": d}, text, k.Name)
			if err == nil {
				continue
			}
			t.Errorf("kernel %s of seed %d: %v", k.Name, *randomSeed, err)
			if disagreements++; disagreements < 3 {
				small := referee.Reduce(k, func(s *referee.Kernel) bool {
					return isDifferent(disagreement(t, map[string]*device.Device{"wide": d}, referee.Text(s), s.Name))
				})
				t.Logf("reduced, %v:\n%s", disagreement(t, map[string]*device.Device{"wide": d}, referee.Text(small), small.Name), referee.Text(small))
			}
		}
		if disagreements == 0 {
			if err := kept.add(first + len(kernels)); err != nil {
				t.Fatal(err)
			}
		}
		if testing.Verbose() {
			fmt.Printf("%d random kernels, %d disagree; of the %d of this run %d are on vectors\n", first+len(kernels), disagreements, first+len(kernels)-begun, count.wide)
		}
	}
	t.Logf("%d random kernels on vectors, %d stayed on fibers: %v", count.wide, count.fibers, count.why)
	if count.wide < 20*count.fibers { // the generator likes ways out of loops that LLVM leaves to several turns in common, but for wide.KeepLoops
		t.Errorf("only %d of %d random kernels run on vectors", count.wide, count.wide+count.fibers)
	}
}

// wideCompilerOf is the default compiler, where it can make modules of engine Wide.
func wideCompilerOf(t testing.TB) MSL {
	t.Helper()
	compiler, err := DefaultMSL(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	const text = "#include <metal_stdlib>\nkernel void f(device float *x [[buffer(0)]], uint i [[thread_position_in_grid]]) { x[i] += 1.0f; }\n"
	m, err := compiler.Build(context.Background(), msl.Program{Source: text, Function: "f", Engine: msl.EngineWide})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Engines) != 1 || m.Engines[0].Engine != msl.EngineWide {
		if strings.Contains(m.Engines[0].Why, "on the widened kernel") {
			t.Fatal(m.Engines[0].Why)
		}
		t.Skipf("engine wide is not to be had here: %v", m.Engines)
	}
	return compiler
}

// engineCount counts which engine kernels got, and why not the wide one.
type engineCount struct {
	wide, fibers int
	why          []string
}

func (c *engineCount) add(e msl.EngineOf) {
	if e.Engine == msl.EngineWide {
		c.wide++
		return
	}
	c.fibers++
	if !slices.Contains(c.why, e.Why) {
		c.why = append(c.why, e.Why)
	}
}

// wayOut has operations where lanes are on their way out of a loop: by break, by return of a helper, and where the test at
// the top is the way out. The random kernels seldom have one there.
const wayOut = `#include <metal_stdlib>
using namespace metal;
uint leave_helper(uint x, uint y, uint lane) {
  uint r = x;
  for (uint j = 0; j < 6u; j++) {
    if ((lane & 7u) == j) { return r * 31u + simd_sum(1u); }
    r = r * 31u + simd_sum(y);
  }
  return r;
}
kernel void by_break(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  for (uint j = 0; j < 9u; j++) {
    if ((lane & 3u) == j) { r = r * 31u + simd_sum(x); break; }
    if (lane > 20u) { r = r * 31u + simd_sum(1u); continue; }
    r = r * 31u + simd_sum(y);
  }
  r = r * 31u + simd_sum(1u);
  out[lane] = r;
}
kernel void at_the_top(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  for (uint w = 7u; w > 0u; w -= 1u) {
    if ((x & 7u) >= w) { r = r * 31u + simd_sum(1u); break; }
    y = y * 3u + lane;
  }
  out[lane] = r * 31u + y + simd_sum(r);
}
kernel void by_return(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  for (uint j = 0; j < 3u; j++) {
    r = r * 31u + leave_helper(x, y, lane);
    if ((y & 3u) == j) { r = r * 31u + simd_sum(1u); out[lane] = r; return; }
  }
  out[lane] = r * 31u + simd_sum(1u);
}
kernel void behind_the_way_back(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  for (uint j = 0; j < (lane & 3u); j++) {
    if (((r + x) & 1u) != 0u) {
      if (lane <= (x + x)) { r = r * 31u + uint(simd_vote::vote_t(simd_ballot((x * lane) < (lane < 7u ? uint(simd_vote::vote_t(simd_ballot(r > x))) : 5u)))); break; }
    }
    if (simd_all((lane & 3u) == 1u)) { r = r * 31u + simd_shuffle(lane, ushort(x & 31u)); }
  }
  out[lane] = r;
}
kernel void divided_by_its_number(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  if ((lane & 1u) != 0u) {
    uint d = 0;
    while (true) { d += 1u; if (d > 3u || y + 7u < lane) { break; } r = r * 31u + simd_sum(x % (lane | 1u)) + y / (lane | 1u); }
  }
  out[lane] = r;
}
kernel void some_go_round_first(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], constant uint &n [[buffer(2)]],
    uint lane [[thread_index_in_simdgroup]]) {
  uint x = in[lane], y = in[lane + 32], r = 0;
  uint d = 0;
  while (true) { d += 1u;
    if (d < lane) { r += x; continue; }
    if (d > 20u + n) { break; }
    r = r * 31u + y + d;
  }
  out[lane] = r;
}
`

// TestOperationsOnTheWayOutOfALoop: they belong to the turn in which the lane leaves, by the referee and on both engines. So do
// lanes' own steps: who goes round first is in a later turn than who does not.
func TestOperationsOnTheWayOutOfALoop(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	compiler := wideCompilerOf(t)
	count := engineCount{}
	devices := map[string]*device.Device{
		"wide":   newDevice(t, Options{Workers: 1, Engine: Wide, Compiler: wideText{compiler}, OnEngine: count.add}),
		"fibers": newDevice(t, Options{Workers: 1, Engine: Fibers, Compiler: wholeText{compiler}}),
	}
	for _, kernel := range []string{"by_break", "at_the_top", "by_return", "behind_the_way_back", "divided_by_its_number", "some_go_round_first"} {
		if err := disagreement(t, devices, wayOut, kernel); err != nil {
			t.Errorf("%s: %v", kernel, err)
		}
	}
	t.Logf("%d on vectors; on fibers: %v", count.wide, count.why)
	if count.wide == 0 {
		t.Error("none of them runs on vectors")
	}
}
