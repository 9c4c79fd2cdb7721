//go:build linux

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "internal.h"

gpu_status host_refuse(char *why, size_t why_bytes, gpu_status status, const char *format, ...) {
  if (why && why_bytes) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, why_bytes, format, arguments);
    va_end(arguments);
  }
  return status;
}

double host_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The finalizer of splitmix64: every bit of the result depends on every bit of x. */
uint64_t host_mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}
