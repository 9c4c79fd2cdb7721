package wide_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/wide"
)

// native makes a program of the vector functions and of C that calls them, for this machine's processor.
func native(t *testing.T, text string, flags ...string) (program string) {
	t.Helper()
	clang, err := exec.LookPath("clang-19")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	source, program := filepath.Join(dir, "compare.c"), filepath.Join(dir, "compare")
	if err := os.WriteFile(source, []byte(wide.Helpers+text), 0o644); err != nil {
		t.Fatal(err)
	}
	flags = append([]string{"-O2", "-w", "-march=native", "-ffp-contract=off", "-fno-builtin", source, "-o", program, "-lm"}, flags...)
	if output, err := exec.Command(clang, flags...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return program
}

const compareTiles = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static unsigned wrong;
static void same(const char *what, int row, int column, float got, float want) {
  if (memcmp(&got, &want, 4) && wrong++ < 5) printf("%s: row %d, column %d has %a, not %a\n", what, row, column, got, want);
}
static void spread(const float *m, vf *x, vf *y) { /* where metal_simdgroup_matrix has which element */
  for (int l = 0; l < 32; l++) {
    int row = ((l >> 2) & 4) + ((l >> 1) & 3), column = ((l >> 2) & 2) * 2 + (l & 1) * 2;
    (*x)[l] = m[row * 8 + column];
    (*y)[l] = m[row * 8 + column + 1];
  }
}
static float some(void) { return (rand() % 2001 - 1000) * 0.37f; }
int main(void) {
  enum { stride = 11, size = 8 * stride };
  for (int turn = 0; turn < 50; turn++) {
    float a[64], b[64], c[64], memory[size], into[size];
    vf ax, ay, bx, by, cx, cy, x, y, wx, wy;
    for (int i = 0; i < 64; i++) a[i] = some(), b[i] = some(), c[i] = some();
    spread(a, &ax, &ay), spread(b, &bx, &by), spread(c, &cx, &cy);
    wide_multiply(&x, &y, &ax, &ay, &bx, &by, &cx, &cy);
    for (int i = 0; i < 8; i++)
      for (int j = 0; j < 8; j++)
        for (int k = 0; k < 8; k++) c[i * 8 + j] = fmaf(a[i * 8 + k], b[k * 8 + j], c[i * 8 + j]);
    spread(c, &wx, &wy);
    for (int l = 0; l < 32; l++) same("product, first", l, 0, x[l], wx[l]), same("product, second", l, 1, y[l], wy[l]);
    for (int transposed = 0; transposed < 2; transposed++)
      for (int p = 0; p < 2; p++) {
        unsigned present = p ? ~0u : 0x9ff3a50fu;
        for (int i = 0; i < size; i++) memory[i] = some(), into[i] = -1;
        wide_tile_load(&x, &y, memory, stride, transposed, present);
        for (int i = 0; i < 8; i++)
          for (int j = 0; j < 8; j++) a[i * 8 + j] = transposed ? memory[j * stride + i] : memory[i * stride + j];
        spread(a, &wx, &wy);
        for (int l = 0; l < 32; l++)
          if (present >> l & 1) same("load, first", l, transposed, x[l], wx[l]), same("load, second", l, transposed, y[l], wy[l]);
        wide_tile_store(&wx, &wy, into, stride, transposed, present);
        for (int l = 0; l < 32; l++)
          for (int second = 0; second < 2; second++) {
            int row = ((l >> 2) & 4) + ((l >> 1) & 3), column = ((l >> 2) & 2) * 2 + (l & 1) * 2 + second;
            float *at = into + (transposed ? column * stride + row : row * stride + column);
            same("store", l, transposed, *at, present >> l & 1 ? a[row * 8 + column] : -1);
            *at = -1;
          }
        for (int i = 0; i < size; i++) same("beside the store", i, transposed, into[i], -1);
      }
  }
  printf("%u differ\n", wrong);
  return wrong != 0;
}
`

// TestTiles holds products, loads and stores of a simdgroup's matrices to loops over their elements, for vectors of eight
// floats and of sixteen.
func TestTiles(t *testing.T) {
	for name, flag := range map[string]string{"eight": "-DWIDE_SIXTEEN=0", "sixteen": "-DWIDE_SIXTEEN=1"} {
		t.Run(name, func(t *testing.T) {
			output, err := exec.Command(native(t, compareTiles, flag)).CombinedOutput()
			if err != nil || !strings.HasSuffix(string(output), "0 differ\n") {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
}
