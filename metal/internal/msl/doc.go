// Package msl compiles kernels written in the Metal Shading Language for this machine's CPU.
//
// A kernel's text is preprocessed by clang, rewritten by a token-level rewriter into C++ for OpenCL (address spaces
// are types there, half is native), and compiled by clang against the headers in include, our own metal_stdlib. The
// result is a shared object that exports `msl_module` (include/msl_abi.h); package host runs it. Diagnostics name the
// kernel's own file and line. Compiled modules are cached on disk, keyed by everything they depend on.
//
// The package never runs a kernel, never loads what it made, and knows nothing of attention.
package msl
