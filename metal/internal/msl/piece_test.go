package msl_test

import (
	"context"
	"slices"
	"testing"

	"attest.example/attest/metal/internal/msl"
)

// piecesText has kernels that build, one that clang refuses, one that is no kernel of these devices, and one that asks for a
// constant.
const piecesText = `#include <metal_stdlib>
using namespace metal;
constant int scale [[function_constant(0)]];
template <int N> kernel void t(device int *o [[buffer(0)]]) { o[0] = N; }
template <int N> kernel void bad(device int *o [[buffer(0)]]) { static_assert(N > 90, "too few"); o[0] = N; }
template [[host_name("t1")]] kernel void t<1>(device int *o [[buffer(0)]]);
template [[host_name("bad1")]] kernel void bad<1>(device int *o [[buffer(0)]]);
template [[host_name("t2")]] kernel void t<2>(device int *o [[buffer(0)]]);
template [[host_name("t3")]] kernel void t<3>(device int *o [[buffer(0)]]);
template [[host_name("bad99")]] kernel void bad<99>(device int *o [[buffer(0)]]);
kernel void scaled(device int *o [[buffer(0)]]) { o[0] = scale; }
template [[host_name("t4")]] kernel void t<4>(device int *o [[buffer(0)]]);
`

// TestPiecesAreTheWhole: what the pieces of a text build and leave out is what the whole does, whatever their number, and
// leaving a kernel out moves none from one piece to another.
func TestPiecesAreTheWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles many kernels: make test runs it")
	}
	c := compiler(t, msl.Options{})
	built := func(p msl.Piece) (entries, skipped []string) {
		t.Helper()
		m, err := c.Build(context.Background(), msl.Program{Source: piecesText, File: "k.metal", Piece: p})
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		for _, e := range m.Entries {
			entries = append(entries, e.Name)
		}
		for _, s := range m.Skipped {
			skipped = append(skipped, s.Name)
		}
		return entries, skipped
	}
	all, left := built(msl.Piece{})
	if len(all) != 5 || len(left) != 2 {
		t.Fatalf("the whole text: %v, left out %v", all, left)
	}
	slices.Sort(all)
	slices.Sort(left)
	for of := 1; of <= 3; of++ {
		var entries, skipped []string
		for i := range of {
			e, s := built(msl.Piece{Index: i, Of: of})
			if len(e) == len(all) && of > 1 {
				t.Errorf("piece %d of %d is the whole", i, of)
			}
			entries, skipped = append(entries, e...), append(skipped, s...)
		}
		slices.Sort(entries)
		slices.Sort(skipped)
		if !slices.Equal(entries, all) || !slices.Equal(skipped, left) {
			t.Errorf("%d pieces: %v, left out %v; want %v and %v", of, entries, skipped, all, left)
		}
	}
	for _, p := range []msl.Piece{{Index: 3, Of: 3}, {Index: -1, Of: 2}, {Index: 20, Of: 30}, {Of: -1}} {
		if _, err := c.Build(context.Background(), msl.Program{Source: "kernel void k(device float *o) {}", Piece: p}); err == nil {
			t.Errorf("%+v was built", p)
		}
	}
}
