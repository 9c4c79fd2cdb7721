package msl

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// headersAnd are our headers and one more.
func headersAnd(t *testing.T, more string) map[string]string {
	t.Helper()
	headers := map[string]string{"more": more}
	names, err := fs.Glob(headerFiles, "include/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := headerFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		headers[name] = string(data)
	}
	return headers
}

// A collective needs no name of a kind and no list: it is enough that a header declares it as one, also by a macro.
func TestCollectiveByDeclaration(t *testing.T) {
	known, err := findCollectives(headersAnd(t, `
template <class T> MSL_COLLECTIVE vec<T, 2> tally(vec<T, 2> votes, MSL_HERE);
#define MSL_POLL(kind, ...) \
  MSL_COLLECTIVE bool kind##_poll(bool vote, MSL_LINE); \
  template <class... A> auto __metal_##kind##_poll(A... a) MSL_BUILTIN_OF(metal::kind##_poll);
#if MSL_PTX
MSL_POLL(warp, 1, (2, 3))
#else
MSL_POLL(lane, 1)
#endif
struct MSL_COLLECTIVE_TYPE urn { int votes; };
MSL_COLLECTIVE bool settled(MSL_MATRIX_HERE);
void *carry(int) MSL_COLLECTIVE_LABEL("air.carry");
MSL_INLINE bool alone(bool vote);
`))
	if err != nil {
		t.Fatal(err)
	}
	const source = `
thread void *take(int) __asm("air.carry");
thread void *leave(int) __asm("air.other");
float2 a(float2 x) { return tally(x); }
bool b(bool x) { return warp_poll(x); }
bool c(bool x) { return __metal_lane_poll(x); }
void d(urn u) { u.votes = 1; }
bool e() { return settled(); }
thread void *f(int x) { return take(x); }
bool g(bool x) { return b(x); }
bool h(bool x) { return alone(x) || poll(x); }
thread void *i(int x) { return leave(x); }
kernel void k(device float *o) {}
`
	for _, target := range []target{cpu{}, ptx{}, wideCPU{}} {
		r, err := rewriteKnowing(known, passesForAll(target), source, &Program{File: "k.metal"}, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, is := range map[string]bool{"a": true, "b": true, "c": true, "d": true, "e": true, "f": true, "g": true, "h": false, "i": false} {
			line := regexp.MustCompile(`(?m)^.*\b` + name + `\((float2|bool|urn|int)?.*\{.*$`).FindString(r.text)
			if line == "" || strings.Contains(line, "always_inline") != is {
				t.Errorf("%s, %s: inlined is to be %v: %q", target.name(), name, is, line)
			}
		}
		for call, is := range map[string]bool{"tally(x, ::metal::msl_simd::place(": true, "warp_poll(x)": true, "metal::lane_poll(x)": true,
			"settled(::metal::msl_simd::place(": !target.traits().wholeMatrices, "(::metal::msl_simd::call(": true} {
			if strings.Contains(r.text, call) != is {
				t.Errorf("%s: %s in the text is to be %v:\n%s", target.name(), call, is, r.text)
			}
		}
	}
}

// What a mark stands at is a declaration that can be read; else no header is taken.
func TestCollectiveMarksThatAreWrong(t *testing.T) {
	for header, want := range map[string]string{
		"MSL_COLLECTIVE int x;":                  "MSL_COLLECTIVE marks no function",
		"MSL_COLLECTIVE_TYPE {}":                 "MSL_COLLECTIVE_TYPE marks no type",
		"void f() MSL_COLLECTIVE_LABEL(a, b);":   "MSL_COLLECTIVE_LABEL wants one string",
		"void f() MSL_BUILTIN_OF();":             "MSL_BUILTIN_OF names no function",
		"#define F(x) MSL_COLLECTIVE F(x)\nF(1)": "macros nest deeper",
		"MSL_COLLECTIVE \"":                      "does not end on its line",
	} {
		if _, err := findCollectives(map[string]string{"h": header}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", header, err, want)
		}
	}
}

// MSL's collectives, as its specification lists them, are all marked; and every declaration that takes a place is one.
func TestCollectivesOfOurHeaders(t *testing.T) {
	known, err := headerCollectives()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]collectiveKind{"simdgroup_barrier": placed, "threadgroup_barrier": unplaced, "simdgroup_load": unplaced, "simdgroup_store": unplaced,
		"make_filled_simdgroup_matrix": unplaced, "make_diagonal_simdgroup_matrix": unplaced,
		"simdgroup_multiply": matrixPlaced, "simdgroup_multiply_accumulate": matrixPlaced}
	for _, name := range strings.Fields("multiply multiply_accumulate init_filled init_diag load store") {
		want["__metal_simdgroup_matrix_8x8_"+name] = unplaced
	}
	want["__metal_simdgroup_matrix_8x8_multiply"], want["__metal_simdgroup_matrix_8x8_multiply_accumulate"] = matrixPlaced, matrixPlaced
	builtins := map[string]string{}
	for _, name := range strings.Fields("shuffle broadcast shuffle_up shuffle_down shuffle_rotate_up shuffle_rotate_down shuffle_xor " +
		"shuffle_and_fill_up shuffle_and_fill_down sum product min max and or xor prefix_inclusive_sum prefix_exclusive_sum " +
		"prefix_inclusive_product prefix_exclusive_product broadcast_first all any is_first ballot active_threads_mask") {
		for _, group := range []string{"simd_", "quad_"} {
			want[group+name], builtins["__metal_"+group+name] = placed, "metal::"+group+name
		}
	}
	if !maps.Equal(known.functions, want) {
		t.Errorf("functions: %v\nwant %v", known.functions, want)
	}
	if !maps.Equal(known.builtins, builtins) {
		t.Errorf("builtins: %v\nwant %v", known.builtins, builtins)
	}
	types := slices.Sorted(maps.Keys(known.types))
	if !slices.Equal(types, []string{"simdgroup_bfloat8x8", "simdgroup_float8x8", "simdgroup_half8x8", "simdgroup_matrix"}) {
		t.Errorf("types: %v", types)
	}
	if len(known.labels) != 5 || !known.labels[`"air.wait_simdgroup_events"`] {
		t.Errorf("labels: %v", known.labels)
	}
	for name, text := range headersAnd(t, "") {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "MSL_INLINE") && regexp.MustCompile(`MSL_(MATRIX_)?(HERE|LINE)\)`).MatchString(line) {
				t.Errorf("%s: %q takes a place and is not marked MSL_COLLECTIVE", name, line)
			}
		}
	}
}
