/* Seconds of a clock that only goes forward. */
#ifndef ATTEST_GPU_CLOCK_H
#define ATTEST_GPU_CLOCK_H

#include <time.h>

__attribute__((unused)) static double gpu_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
