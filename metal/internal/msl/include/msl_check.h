/* Included at the end of a checked module: what clang's instrumentation of memory accesses calls. Each call tells the
 * runtime of one access; the functions are the module's own, so that no sanitizer library is involved. */
#ifndef ATTEST_MSL_CHECK_H
#define ATTEST_MSL_CHECK_H

#define MSL_HOOK __attribute__((no_sanitize("thread"), used, visibility("hidden")))
#define MSL_TELL(address, bytes, kind) msl_runtime_table->access((const void *)(address), bytes, kind, __builtin_return_address(0))
#define MSL_ACCESS_HOOKS(n)                                                                              \
  MSL_HOOK void __tsan_read##n(void *a) { MSL_TELL(a, n, MSL_READ | MSL_ALIGNED); }            \
  MSL_HOOK void __tsan_write##n(void *a) { MSL_TELL(a, n, MSL_WRITE | MSL_ALIGNED); }          \
  MSL_HOOK void __tsan_unaligned_read##n(void *a) { MSL_TELL(a, n, MSL_READ); }                \
  MSL_HOOK void __tsan_unaligned_write##n(void *a) { MSL_TELL(a, n, MSL_WRITE); }              \
  MSL_HOOK void __tsan_volatile_read##n(void *a) { MSL_TELL(a, n, MSL_READ | MSL_ALIGNED); }   \
  MSL_HOOK void __tsan_volatile_write##n(void *a) { MSL_TELL(a, n, MSL_WRITE | MSL_ALIGNED); } \
  MSL_HOOK void __tsan_unaligned_volatile_read##n(void *a) { MSL_TELL(a, n, MSL_READ); }       \
  MSL_HOOK void __tsan_unaligned_volatile_write##n(void *a) { MSL_TELL(a, n, MSL_WRITE); }     \
  MSL_HOOK void __tsan_read_write##n(void *a) { MSL_TELL(a, n, MSL_READ | MSL_ALIGNED); MSL_TELL(a, n, MSL_WRITE); } \
  MSL_HOOK void __tsan_unaligned_read_write##n(void *a) { MSL_TELL(a, n, MSL_READ); MSL_TELL(a, n, MSL_WRITE); }

extern "C" {
MSL_ACCESS_HOOKS(1)
MSL_ACCESS_HOOKS(2)
MSL_ACCESS_HOOKS(4)
MSL_ACCESS_HOOKS(8)
MSL_ACCESS_HOOKS(16)

MSL_HOOK void __tsan_init() {}
MSL_HOOK void __tsan_func_entry(void *) {}
MSL_HOOK void __tsan_func_exit() {}
MSL_HOOK void __tsan_vptr_update(void *, void *) {}
MSL_HOOK void __tsan_vptr_read(void *) {}
MSL_HOOK void __tsan_read_range(void *a, unsigned long bytes) { MSL_TELL(a, bytes, MSL_READ); }
MSL_HOOK void __tsan_write_range(void *a, unsigned long bytes) { MSL_TELL(a, bytes, MSL_WRITE); }

MSL_HOOK void *__tsan_memcpy(void *to, const void *from, unsigned long bytes) {
  MSL_TELL(from, bytes, MSL_READ);
  MSL_TELL(to, bytes, MSL_WRITE);
  return __builtin_memcpy((void *)to, (const void *)from, bytes);
}
MSL_HOOK void *__tsan_memmove(void *to, const void *from, unsigned long bytes) {
  MSL_TELL(from, bytes, MSL_READ);
  MSL_TELL(to, bytes, MSL_WRITE);
  return __builtin_memmove((void *)to, (const void *)from, bytes);
}
MSL_HOOK void *__tsan_memset(void *to, int byte, unsigned long bytes) {
  MSL_TELL(to, bytes, MSL_WRITE);
  return __builtin_memset((void *)to, byte, bytes);
}
}
#undef MSL_HOOK
#undef MSL_TELL
#undef MSL_ACCESS_HOOKS

#endif
