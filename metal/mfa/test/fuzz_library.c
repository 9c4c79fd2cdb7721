/* The fuzz over a library and the device that it has, valid calls computing what they ask for. Usage: fuzz CALLS SEED */
#include <stdio.h>
#include <stdlib.h>

#include "../mfa.h"
#include "fuzz.h"

int main(int argc, char **argv) {
  if (!mfa_is_device_supported()) {
    fprintf(stderr, "no device: %s\n", mfa_last_error());
    return 2;
  }
  return fuzz_run(argc > 1 ? strtoull(argv[1], NULL, 10) : 20000, argc > 2 ? strtoull(argv[2], NULL, 10) : 1) ? 1 : 0;
}
