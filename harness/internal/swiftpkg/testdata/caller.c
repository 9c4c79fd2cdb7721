/* Calls what a Swift package exports from a program without Swift. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
  int (*scale)(float *, int, float);
  *(void **)&scale = dlsym(library, "scale_floats");
  float x[3] = {1, 2, 3};
  if (!scale || scale(x, 3, 2) != 0 || x[0] != 2 || x[1] != 4 || x[2] != 6)
    return fprintf(stderr, "got %g %g %g, not 2 4 6\n", x[0], x[1], x[2]), 1;
  return 0;
}
