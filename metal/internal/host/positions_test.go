package host

import (
	"fmt"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
)

// standing is where a thread stands, as Go counts it.
type standing struct {
	grid, groups, full          [3]uint32 // threads of the grid, threadgroups of it, threads of a threadgroup that no edge cuts
	group, size, in             [3]uint32 // the threadgroup's place, its threads, the thread's place among them
	thread, threads, allThreads uint32    // the same of in, size and full, as one number
}

func number(n uint32) [3]uint32 { return [3]uint32{n} }

// attributesOfPlace are all that tell a thread where it is, with what each of them is to tell.
var attributesOfPlace = []struct {
	name       string
	dimensions int
	want       func(s *standing) [3]uint32
}{
	{"thread_position_in_grid", 3, func(s *standing) (at [3]uint32) {
		for i := range at {
			at[i] = s.group[i]*s.full[i] + s.in[i]
		}
		return at
	}},
	{"thread_position_in_threadgroup", 3, func(s *standing) [3]uint32 { return s.in }},
	{"threadgroup_position_in_grid", 3, func(s *standing) [3]uint32 { return s.group }},
	{"threads_per_threadgroup", 3, func(s *standing) [3]uint32 { return s.size }},
	{"dispatch_threads_per_threadgroup", 3, func(s *standing) [3]uint32 { return s.full }},
	{"threadgroups_per_grid", 3, func(s *standing) [3]uint32 { return s.groups }},
	{"threads_per_grid", 3, func(s *standing) [3]uint32 { return s.grid }},
	{"grid_size", 3, func(s *standing) [3]uint32 { return s.grid }},
	{"grid_origin", 3, func(s *standing) [3]uint32 { return [3]uint32{} }},
	{"thread_index_in_threadgroup", 1, func(s *standing) [3]uint32 { return number(s.thread) }},
	{"thread_index_in_simdgroup", 1, func(s *standing) [3]uint32 { return number(s.thread % 32) }},
	{"simdgroup_index_in_threadgroup", 1, func(s *standing) [3]uint32 { return number(s.thread / 32) }},
	{"simdgroups_per_threadgroup", 1, func(s *standing) [3]uint32 { return number((s.threads + 31) / 32) }},
	{"dispatch_simdgroups_per_threadgroup", 1, func(s *standing) [3]uint32 { return number((s.allThreads + 31) / 32) }},
	{"threads_per_simdgroup", 1, func(s *standing) [3]uint32 { return number(32) }},
	{"thread_execution_width", 1, func(s *standing) [3]uint32 { return number(32) }},
	{"thread_index_in_quadgroup", 1, func(s *standing) [3]uint32 { return number(s.thread % 4) }},
	{"quadgroup_index_in_threadgroup", 1, func(s *standing) [3]uint32 { return number(s.thread / 4) }},
	{"quadgroups_per_threadgroup", 1, func(s *standing) [3]uint32 { return number((s.threads + 3) / 4) }},
	{"dispatch_quadgroups_per_threadgroup", 1, func(s *standing) [3]uint32 { return number((s.allThreads + 3) / 4) }},
}

// tellsItsPlace is a kernel that writes what all attributes tell, as numbers of one type.
func tellsItsPlace(scalar string) (text string, numbers int) {
	var parameters, body strings.Builder
	for n, a := range attributesOfPlace {
		typ, parts := scalar, []string{""}
		if a.dimensions == 3 {
			typ, parts = scalar+"3", []string{".x", ".y", ".z"}
		}
		fmt.Fprintf(&parameters, ", %s a%d [[%s]]", typ, n, a.name)
		for _, part := range parts {
			fmt.Fprintf(&body, "  o[%d] = a%d%s;\n", numbers, n, part)
			numbers++
		}
	}
	return fmt.Sprintf("kernel void test(device uint *out [[buffer(0)]]%s) {\n"+
		"  uint at = ((uint(a2.z) * a5.y + a2.y) * a5.x + a2.x) * (uint(a4.x) * a4.y * a4.z) + a9;\n"+
		"  device uint *o = out + at * %d;\n%s}\n", parameters.String(), numbers, body.String()), numbers
}

// TestWhereAThreadIs: every attribute tells what Go counts, on both engines, on several workers, where rows of a threadgroup do
// not fit simdgroups and where an edge cuts threadgroups.
func TestWhereAThreadIs(t *testing.T) {
	for engine, o := range map[string]Options{"fibers": {}, "vectors": {Engine: Wide}} {
		o.Workers, o.Order = 3, Random
		d := newDevice(t, o)
		for _, scalar := range []string{"uint", "ushort"} {
			text, numbers := tellsItsPlace(scalar)
			kernel := compileText(t, d, text)
			for _, l := range []device.Launch{
				{Grid: [3]uint32{1, 1, 1}, Threadgroup: [3]uint32{1, 1, 1}},
				{Grid: [3]uint32{3, 2, 1}, Threadgroup: [3]uint32{33, 1, 1}},
				{Grid: [3]uint32{2, 1, 3}, Threadgroup: [3]uint32{5, 7, 3}},
				{Grid: [3]uint32{1, 2, 2}, Threadgroup: [3]uint32{32, 4, 8}},
				{Grid: [3]uint32{70, 9, 1}, Threadgroup: [3]uint32{64, 4, 1}, GridInThreads: true},
				{Grid: [3]uint32{300, 1, 1}, Threadgroup: [3]uint32{257, 1, 1}, GridInThreads: true},
				{Grid: [3]uint32{7, 7, 7}, Threadgroup: [3]uint32{4, 3, 2}, GridInThreads: true},
				{Grid: [3]uint32{3, 2, 1}, Threadgroup: [3]uint32{10, 4, 1}, GridInThreads: true},
			} {
				name := fmt.Sprintf("%s, %s, grid %v, threadgroup %v", engine, scalar, l.Grid, l.Threadgroup)
				tellPlaces(t, d, kernel, l, numbers, name)
			}
		}
	}
}

// tellPlaces runs the kernel of tellsItsPlace and counts after it.
func tellPlaces(t *testing.T, d *device.Device, kernel *device.Kernel, l device.Launch, numbers int, name string) {
	t.Helper()
	s := standing{full: l.Threadgroup, allThreads: l.Threadgroup[0] * l.Threadgroup[1] * l.Threadgroup[2]}
	for i := range 3 {
		s.groups[i], s.grid[i] = l.Grid[i], l.Grid[i]*s.full[i]
		if l.GridInThreads {
			s.groups[i], s.grid[i] = (l.Grid[i]-1)/s.full[i]+1, l.Grid[i]
		}
	}
	groups := s.groups[0] * s.groups[1] * s.groups[2]
	out := buffer(t, d, int(groups*s.allThreads)*numbers*4)
	l.Arguments = []device.Argument{{Index: 0, Memory: out}}
	run(t, kernel, l)
	got := device.View[uint32](out.Bytes())
	for g := range groups {
		s.group = [3]uint32{g % s.groups[0], g / s.groups[0] % s.groups[1], g / s.groups[0] / s.groups[1]}
		for i := range 3 {
			s.size[i] = min(s.full[i], s.grid[i]-s.group[i]*s.full[i])
		}
		s.threads = s.size[0] * s.size[1] * s.size[2]
		for s.thread = range s.threads {
			s.in = [3]uint32{s.thread % s.size[0], s.thread / s.size[0] % s.size[1], s.thread / s.size[0] / s.size[1]}
			at := int(g*s.allThreads+s.thread) * numbers
			for _, a := range attributesOfPlace {
				want := a.want(&s)
				for i := range a.dimensions {
					if got[at] != want[i] {
						t.Fatalf("%s: thread %d of threadgroup %v has %s[%d] = %d, want %d", name, s.thread, s.group, a.name, i, got[at], want[i])
					}
					at++
				}
			}
		}
	}
}
