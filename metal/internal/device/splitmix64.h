/* SplitMix64, by Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). */
#ifndef ATTEST_SPLITMIX64_H
#define ATTEST_SPLITMIX64_H

#include <stdint.h>

/* The next number, and the state that follows. Every bit of it depends on every bit of the state. */
__attribute__((unused)) static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

#endif
