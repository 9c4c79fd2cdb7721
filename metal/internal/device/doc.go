// Package device holds the words for whatever computes Metal kernels, and the one binding of device.h to Go: a
// [Device] compiles a [Program] into a [Kernel] and runs it by a [Launch] over [Memory].
//
// A device is six calls in C (device.h). The SIMT runtime on this machine's processors implements them
// (metal/internal/host), so does the Swift package for Apple's GPUs, and so may any library with the mfa C ABI. A new
// device is a folder beside this one that makes a gpu_api and hands it to [New], and a line in the table of package
// metal (metal/devices.go).
//
// It knows nothing of attention, and where the program was built without C every call returns [ErrNoC].
package device
