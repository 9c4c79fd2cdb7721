/* Descriptors of other versions of the header: shorter ones from before a field existed, longer ones from after. */
#include <string.h>

#include "internal.h"

enum {
  LEAST_BYTES = offsetof(mfa_attention_desc, causal), /* what follows may be left out: 0 is its default */
  MOST_BYTES = 4096,                                  /* a header that is to come, not a wrong number */
  OUT_BEGIN = offsetof(mfa_attention_desc, gpu_seconds),
  OUT_END = offsetof(mfa_attention_desc, bytes_copied) + sizeof(uint64_t)
};

/* A caller's header that knows more fields than this library may not use them. */
static int32_t check_tail(const mfa_attention_desc *d) {
  const unsigned char *bytes = (const unsigned char *)d;
  for (uint32_t i = sizeof *d; i < d->size; i++)
    if (bytes[i])
      return mfa_fail(MFA_ERROR_INVALID_ARGS,
                      "desc: size: %u bytes of which this library knows %zu, and byte %u is %u: a field that it does not "
                      "know is set, expected 0",
                      d->size, sizeof *d, i, bytes[i]);
  return MFA_SUCCESS;
}

int32_t mfa_attention_forward_desc(mfa_context_t context, mfa_attention_desc *d) {
  if (!d) return mfa_fail(MFA_ERROR_INVALID_ARGS, "desc: NULL");
  if (d->version != MFA_ATTENTION_DESC_VERSION)
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "desc: version %u of %u bytes, expected version %u", d->version, d->size,
                    MFA_ATTENTION_DESC_VERSION);
  if (d->size < LEAST_BYTES || d->size > MOST_BYTES || d->size % _Alignof(mfa_attention_desc))
    return mfa_fail(MFA_ERROR_INVALID_ARGS, "desc: size: %u, expected the header's sizeof(mfa_attention_desc): %d to %d, a multiple of %zu",
                    d->size, LEAST_BYTES, MOST_BYTES, _Alignof(mfa_attention_desc));
  if (d->size >= sizeof *d) {
    int32_t status = check_tail(d);
    return status == MFA_SUCCESS ? mfa_forward(context, d) : status;
  }
  mfa_attention_desc whole = {0};
  memcpy(&whole, d, d->size);
  whole.size = sizeof whole;
  int32_t status = mfa_forward(context, &whole);
  if (d->size > OUT_BEGIN)
    memcpy((char *)d + OUT_BEGIN, (char *)&whole + OUT_BEGIN, (d->size < OUT_END ? d->size : OUT_END) - OUT_BEGIN);
  return status;
}
