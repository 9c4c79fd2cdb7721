// Package sanitizer runs a program under compute-sanitizer, NVIDIA's checkers for kernels, where it is installed, and makes
// of its log the reports that the checkers of this machine's own device make: in the lines of the Metal text, with Metal's
// numbers of threads. It knows nothing of how the program launches its kernel.
package sanitizer
