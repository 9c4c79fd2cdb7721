/* Loads the library by name, and makes and destroys contexts with a call in each; then unloads it and does so again. */
#include <dlfcn.h>
#include <stdio.h>

#include "mfa.h"

static float tensor[2][64 * 32];

#define NEED(name) __typeof__(&name) p_##name = (__typeof__(&name))dlsym(library, #name)

int main(int count, char **arguments) {
  for (int load = 0; load < 5; load++) {
    void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) return puts(dlerror()), 2;
    NEED(mfa_create_context);
    NEED(mfa_destroy_context);
    NEED(mfa_buffer_from_ptr);
    NEED(mfa_destroy_buffer);
    NEED(mfa_attention_forward);
    for (int round = 0; round < 4; round++) {
      mfa_context_t context;
      mfa_buffer_t in, out;
      if (p_mfa_create_context(&context)) return 3;
      if (p_mfa_buffer_from_ptr(context, tensor[0], sizeof tensor[0], &in)) return 4;
      if (p_mfa_buffer_from_ptr(context, tensor[1], sizeof tensor[1], &out)) return 5;
      int32_t status = p_mfa_attention_forward(context, in, in, in, out, 1, 64, 64, 1, 32, 0.2f, false, 2, 2, 2, false, false,
                                               false, false, NULL, 0, NULL, NULL, 0, 0, 0);
      if (status) return printf("status %d\n", status), 6;
      p_mfa_destroy_context(context);
      p_mfa_destroy_buffer(in);
      p_mfa_destroy_buffer(out);
    }
    dlclose(library);
  }
  return 0;
}
