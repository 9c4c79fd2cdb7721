/* A library that speaks the mfa C ABI: this one, or any shared library loaded from a file. */
#ifndef MFA_LIBRARY_H
#define MFA_LIBRARY_H

#include "mfa.h"

/* The interface's own functions; a loaded library may lack some. */
#define MFA_LIBRARY_FUNCTIONS(X)                                                                                   \
  X(create_context) X(destroy_context) X(create_buffer) X(buffer_from_ptr) X(buffer_from_ptr_with_strides)         \
  X(buffer_contents) X(destroy_buffer) X(attention_forward) X(attention_forward_with_lse) X(attention_backward)    \
  X(error_string) X(is_device_supported) X(get_version) X(get_gpu_latency)

/* Ours; a loaded library has them or not. */
#define MFA_LIBRARY_EXTENSIONS(X)                                                                                  \
  X(attention_forward_desc) X(last_error) X(create_context_on) X(get_counters) X(default_device)

typedef struct {
  void *file; /* of dlopen; NULL: linked in */
#define MFA_MEMBER(name) __typeof__(mfa_##name) *name;
  MFA_LIBRARY_FUNCTIONS(MFA_MEMBER)
  MFA_LIBRARY_EXTENSIONS(MFA_MEMBER)
#undef MFA_MEMBER
} mfa_library;

const mfa_library *mfa_library_builtin(void);

/* NULL with the loader's words in message. */
mfa_library *mfa_library_open(const char *path, char *message, size_t message_bytes);
void mfa_library_close(mfa_library *library);

/* The same library as a caller sees it who knows only the interface's own functions. For mfa_library_close, too, which
 * leaves the file loaded. NULL without memory. */
mfa_library *mfa_library_without_descriptor(const mfa_library *library);

/* The index-th function of the interface that the library lacks, or NULL. */
const char *mfa_library_missing(const mfa_library *library, unsigned index);

/* The device on which the library computes, for other kernels; NULL with the reason in message. */
const struct gpu_api *mfa_library_device(const mfa_library *library, char *message, size_t message_bytes);

/* Calls of a library. Each writes the library's own words on a failure to message, on the thread that failed. */
int32_t mfa_library_context(const mfa_library *, const struct gpu_api *, mfa_context_t *, char *message, size_t);
int32_t mfa_library_buffer(const mfa_library *, mfa_context_t, void *data, size_t bytes, const int64_t *shape,
                           const int64_t *strides, uint32_t ndim, mfa_buffer_t *, char *message, size_t);
int32_t mfa_library_counters(const mfa_library *, mfa_context_t, mfa_counters *, char *message, size_t);

/* Runs a descriptor: by mfa_attention_forward_desc where the library has it, else by the calls of the interface,
 * once for each dispatch. What those cannot say is refused with MFA_ERROR_DEVICE_NOT_SUPPORTED. */
int32_t mfa_library_forward(const mfa_library *, mfa_context_t, mfa_attention_desc *, char *message, size_t);

#endif
