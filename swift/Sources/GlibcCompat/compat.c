/* Debian 13's static Swift libraries ask for C library functions that are newer than Debian 12. Here they are in terms
 * of the old ones, so that what is built beside a Debian 12 runs on it. Hidden: no other library sees them. */
#if defined(__linux__) && defined(ATTEST_STATIC)
#include <stdarg.h>
#include <stddef.h>

#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#else
#define FIRST "GLIBC_2.17"
#endif
#define OLD(result, name, ...)                 \
  extern result old_##name(__VA_ARGS__);       \
  __asm__(".symver old_" #name "," #name "@" FIRST)
#define OURS __attribute__((visibility("hidden"), used))

OLD(long, strtol, const char *, char **, int);
OLD(unsigned long, strtoul, const char *, char **, int);
OLD(long long, strtoll, const char *, char **, int);
OLD(unsigned long long, strtoull, const char *, char **, int);
OLD(int, vsscanf, const char *, const char *, va_list);
OLD(double, fmod, double, double);
OLD(float, fmodf, float, float);

/* The names that C23 headers give these: they also read 0b literals, which the libraries never pass. */
OURS long __isoc23_strtol(const char *s, char **end, int base) { return old_strtol(s, end, base); }
OURS unsigned long __isoc23_strtoul(const char *s, char **end, int base) { return old_strtoul(s, end, base); }
OURS long long __isoc23_strtoll(const char *s, char **end, int base) { return old_strtoll(s, end, base); }
OURS unsigned long long __isoc23_strtoull(const char *s, char **end, int base) { return old_strtoull(s, end, base); }

OURS int __isoc23_sscanf(const char *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int n = old_vsscanf(s, format, arguments);
  va_end(arguments);
  return n;
}

OURS double fmod(double a, double b) { return old_fmod(a, b); }
OURS float fmodf(float a, float b) { return old_fmodf(a, b); }

static size_t length(const char *s, size_t most) {
  size_t n = 0;
  while (n < most && s[n]) n++;
  return n;
}

OURS size_t strlcpy(char *to, const char *from, size_t size) {
  size_t n = length(from, (size_t)-1);
  if (size == 0) return n;
  size_t kept = n < size ? n : size - 1;
  for (size_t i = 0; i < kept; i++) to[i] = from[i];
  to[kept] = 0;
  return n;
}

OURS size_t strlcat(char *to, const char *from, size_t size) {
  size_t there = length(to, size);
  return there + (there == size ? length(from, (size_t)-1) : strlcpy(to + there, from, size - there));
}
#endif
