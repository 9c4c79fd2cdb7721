package wide_test

import (
	"flag"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

var everyFloat = flag.Bool("every-float", false, "TestExponentials holds all 2^32 arguments against the C library, in a few minutes")

const compareExponentials = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static unsigned bits(float x) { unsigned u; memcpy(&u, &x, 4); return u; }
int main(int count, char **arguments) {
  (void)count;
  unsigned long step = strtoul(arguments[1], 0, 10), looked = 0, wrong = 0;
  for (unsigned long first = 0; first < 1ul << 32; first += 32 * step) {
    vf x, two, e;
    for (int i = 0; i < 32; i++) {
      unsigned u = (unsigned)(first + i * step);
      float f;
      memcpy(&f, &u, 4);
      x[i] = f;
    }
    wide_exp2f(&two, &x, ~0u);
    wide_expf(&e, &x, ~0u);
    for (int i = 0; i < 32; i++, looked += 4) {
      float f = x[i], a = two[i], b = e[i];
      if (bits(a) != bits(exp2f(f)) && wrong++ < 5) printf("exp2(%a) is %a, not %a\n", f, exp2f(f), a);
      if (bits(wide_exp2f_one(f)) != bits(exp2f(f)) && wrong++ < 5) printf("one exp2(%a) is %a, not %a\n", f, exp2f(f), wide_exp2f_one(f));
      if (bits(wide_expf_one(f)) != bits(expf(f)) && wrong++ < 5) printf("one exp(%a) is %a, not %a\n", f, expf(f), wide_expf_one(f));
      if (bits(b) != bits(expf(f)) && wrong++ < 5) printf("exp(%a) is %a, not %a\n", f, expf(f), b);
    }
  }
  printf("%lu results, %lu differ\n", looked, wrong);
  return wrong != 0;
}
`

// TestExponentials holds the vector functions to the bits of the C library's, which fibers call: every 9,973rd float, or
//
//	go test ./metal/internal/wide -run TestExponentials -every-float -v -timeout 0
func TestExponentials(t *testing.T) {
	program := native(t, compareExponentials)
	step := 9973
	if *everyFloat {
		step = 1
	}
	output, err := exec.Command(program, strconv.Itoa(step)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if !strings.Contains(string(output), " 0 differ") {
		t.Error(string(output))
	}
	t.Log(strings.TrimSpace(string(output)))
}
