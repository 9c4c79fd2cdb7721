/* What the stand-in for Metal asks of the host runtime beside its device: what a text offers. */
#ifndef ATTEST_STANDIN_H
#define ATTEST_STANDIN_H

#include "device.h"

/* Runs `attest msl inspect` on the text: GPU_OK with its lines in *said, GPU_COMPILE with the diagnostics in *said.
 * The caller frees *said; it is NULL only without memory. Looks for the command where host_compile's does. */
gpu_status standin_inspect(const char *source, const char *file, gpu_math math, uint32_t language_version, char **said);

/* The slots that a kernel of the host device names, under its function constants; bit i: slot i. */
void standin_slots(const gpu_pipeline *pipeline, uint32_t *buffers, uint32_t *threadgroup_arguments);

#endif
