/* Where a tensor lies: every access that its layout can make is inside its buffer, or it has no place. */
#include "internal.h"

#define REFUSE(...) return mfa_fail(MFA_ERROR_INVALID_ARGS, __VA_ARGS__)

int32_t mfa_tensor_place(mfa_tensor *t, const mfa_context *context, mfa_buffer_t handle, uint64_t element_bytes,
                         const char *name) {
  if (!t->buffer && !handle && mfa_layout_empty(&t->layout)) return MFA_SUCCESS;
  if (!t->buffer) t->buffer = (mfa_buffer *)mfa_handle_acquire(handle, MFA_OBJECT_BUFFER);
  const mfa_buffer *b = t->buffer;
  if (!b) REFUSE("%s: not a live buffer handle", name);
  if (b->context->gpu != context->gpu) REFUSE("%s: the buffer belongs to another device", name);
  uint64_t span, bytes, end;
  if (!mfa_layout_span(&t->layout, &span) || __builtin_mul_overflow(span, element_bytes, &bytes) ||
      __builtin_add_overflow(t->offset, bytes, &end))
    REFUSE("%s: shape and strides reach past 2^64 bytes", name);
  if (t->offset % element_bytes || (uintptr_t)b->contents % element_bytes)
    REFUSE("%s: the data starts at byte %llu of %p, expected a multiple of %llu", name, (unsigned long long)t->offset,
           b->contents, (unsigned long long)element_bytes);
  if (end > b->bytes)
    REFUSE("%s: the buffer has %llu bytes, shape and strides reach %llu", name, (unsigned long long)b->bytes,
           (unsigned long long)end);
  t->begin = (uintptr_t)b->contents + t->offset;
  t->end = (uintptr_t)b->contents + end;
  return MFA_SUCCESS;
}
