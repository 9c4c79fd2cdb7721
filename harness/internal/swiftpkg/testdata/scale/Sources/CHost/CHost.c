#include "CHost.h"

float chost_half(void) { return 0.5f; }
