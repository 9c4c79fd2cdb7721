// Package msl compiles kernels written in the Metal Shading Language. The way of a text:
//
//	text, includes, macros
//	   |  preprocess     clang -E; our metal_stdlib is empty here, so that none of it is rewritten
//	   |  tokens         token.go; a token keeps the space before it, so what is not touched stays as it was
//	   |  declarations   declaration.go; at namespace and struct level, as ranges of tokens
//	   v
//	unit
//	   |  offers         what the text has: function constants, kernels, entry points
//	   |  choices        what is asked for: values, one kernel or all, and whether all that it needs is there
//	   |  translations   MSL to C++ for OpenCL, where address spaces are types and half is native
//	   |  target passes  what only one machine needs
//	   v
//	C++ for OpenCL
//	   |  clang          with the target's flags and header (include/), precompiled where that can be
//	   v
//	module               of the cpu: a shared object with `msl_module` (include/msl_abi.h), which package host runs
//
// The passes are listed in pass.go with what each needs and makes true; a machine is a target (target.go). Diagnostics
// name the kernel's own file and line. Modules are kept on disk, keyed by everything that they depend on. Where values of function
// constants are all that differs, clang runs once, and each program's module is a copy with its values (constants_open.go).
//
// The package never runs a kernel, never loads what it made, and knows nothing of attention.
package msl
