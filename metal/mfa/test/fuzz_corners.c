/* The fuzz over the corners device, under the address sanitizer: a request that validation should have refused touches
 * what is not the caller's. Usage: fuzz CALLS SEED */
#include <stdio.h>
#include <stdlib.h>

#include "../internal.h"
#include "corners.h"
#include "fuzz.h"

int main(int argc, char **argv) {
  mfa_set_kernel_source("the corners device compiles nothing");
  if (mfa_is_device_supported()) {
    fprintf(stderr, "a device is there before one was set\n");
    return 1;
  }
  mfa_set_default_device(corners_device());
  unsigned long wrong = fuzz_run(argc > 1 ? strtoull(argv[1], NULL, 10) : 100000, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
  if (corners_live()) {
    fprintf(stderr, "left over: %ld objects of the device\n", corners_live());
    wrong++;
  }
  return wrong ? 1 : 0;
}
