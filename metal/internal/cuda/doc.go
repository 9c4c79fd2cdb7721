// Package cuda runs Metal kernels on NVIDIA GPUs: the text becomes PTX (package msl, target ptx), and the GPU's driver,
// opened at run time, compiles and runs it. Nothing of NVIDIA's is needed to build a program with it; where there is no
// driver, opening the device fails with the reason.
//
// The device itself is the C in this folder (cuda.h); this package builds it into a Go program, hands it the MSL compiler,
// and makes a [device.Device] of its six calls. It has the limits of an Apple GPU, 1024 threads and 32 KB of threadgroup
// memory, unless Options.Limits asks for the GPU's.
//
// Buffers stay this process's memory. Each dispatch brings them to the GPU between two bands that no kernel may write,
// and writes back what has changed; more than a quarter of the GPU's memory, or 6 GB, in one dispatch is refused. Of a
// large buffer that has memory in few of its pages, as a tensor with strides past 2^31 elements, only these travel, and a
// quarter of the GPU's memory is for the chunks that they lie in; the device's name says whether this machine can tell such
// pages. Or, with Options.Memory Mapped, kernels reach buffers over the bus. Device seconds are those of the kernel alone,
// by the GPU's own clock.
//
// A kernel that does not end in time is left behind in its context, and the next call makes a new one. A kernel that fails,
// for instance by an access where no memory is, may leave the driver unusable for the rest of the process: every call then
// fails with that reason, and a harness runs what may fail in a process of its own.
//
// It never interprets what a kernel computes and knows nothing of attention. Messages of os_log and failed
// asserts of kernels are dropped. It has run on the GPUs that testdata/results names, on no others.
package cuda
