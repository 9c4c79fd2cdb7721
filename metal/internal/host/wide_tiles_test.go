package host

import (
	"fmt"
	"testing"
)

// tiles are bodies of kernels that load and store a simdgroup's matrix, transposed or not as is known only when they run: x and o
// are as those of stores.
var tiles = func() map[string]string {
	bodies := map[string]string{}
	for what, when := range map[string]string{
		"for all":      "(as_type<uint>(x[3]) & 1) != 0",
		"for all, not": "(as_type<uint>(x[3]) & 1) == 0",
		"by simdgroup": "(i / 32 & 1) != 0",
		"by lane":      "((i / 8 ^ i / 16) & 1) != 0", // so that no two lanes have the same element
		"by turn":      "(k & 1) != 0",
	} {
		for where, stride := range map[string]string{"": "8", " by a stride of lanes": "8 + 16 * ulong(i & 1)"} {
			bodies["load "+what+where] = fmt.Sprintf(`simdgroup_float8x8 m;
  for (uint k = 0; k < 2 + (as_type<uint>(x[5]) & 1); ++k) {
    simdgroup_load(m, x + i / 32, min(9ul, %s), ulong2(k, 0), %s);
    ((device float2 *)o)[i + 64 * k] = m.thread_elements();
  }`, stride, when)
			bodies["store "+what+where] = fmt.Sprintf(`uint k = as_type<uint>(x[5]) & 1;
  simdgroup_float8x8 m; m.thread_elements() = float2(x[i], x[i + 1]);
  simdgroup_store(m, o + i / 32 * 8 + k, 2 * (%s), ulong2(0), %s);`, stride, when)
		}
		bodies["some "+what] = fmt.Sprintf(`simdgroup_float8x8 m = make_filled_simdgroup_matrix<float, 8, 8>(2.0f);
  for (uint k = 0; k < 2 + (as_type<uint>(x[5]) & 1); ++k)
    if (as_type<uint>(x[i]) & 1) {
      simdgroup_load(m, x + i / 32 + k, 8, ulong2(0), %s);
      simdgroup_store(m, o + i / 32 * 8 + k * 128, 16, ulong2(0), %[1]s);
    }`, when)
	}
	bodies["products"] = `simdgroup_float8x8 a, b, c = make_filled_simdgroup_matrix<float, 8, 8>(1.0f);
  for (uint k = 0; k < 3; ++k) { simdgroup_load(a, x + k, 8, ulong2(0), k & 1); simdgroup_load(b, x, 9, ulong2(0), !(k & 1)); simdgroup_multiply_accumulate(c, a, b, c); }
  simdgroup_store(c, o + i / 32 * 128, 16, ulong2(0), as_type<uint>(x[9]) & 2);`
	return bodies
}()

// TestTilesThatMayBeTransposed: vectors load and store them as fibers do, whoever decides.
func TestTilesThatMayBeTransposed(t *testing.T) {
	compiler := wideCompilerOf(t)
	for name, body := range tiles {
		t.Run(name, func(t *testing.T) {
			text := prelude + storing("test", body)
			for _, threadgroup := range [][3]uint32{{64}, {50}} {
				if name == "products" && threadgroup[0] == 50 {
					continue // all lanes multiply
				}
				if stored(t, compiler, Fibers, text, "test", threadgroup) != stored(t, compiler, Wide, text, "test", threadgroup) {
					t.Errorf("%v: the engines' bits differ", threadgroup)
				}
			}
		})
	}
}
