/* A device for tests that computes nothing: a run touches the first and the last element that the kernel would reach
 * of every tensor, so that the address sanitizer sees a request that validation should have refused. */
#ifndef MFA_TEST_CORNERS_H
#define MFA_TEST_CORNERS_H

#include "../../internal/device/device.h"

/* The one device of its kind in the process. */
const gpu_api *corners_device(void);

/* Objects that it made and that nobody freed. */
long corners_live(void);

#endif
