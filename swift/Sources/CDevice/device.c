/* A C target needs a source; the interface is all there is. */
#include "device.h"
