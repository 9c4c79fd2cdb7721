// Package swiftpkg builds and tests a Swift package for Metal on Linux, against the stand-in for Metal of swift/.
//
// It never changes the package: Apple's modules are put beside it by compiler flags, and what is built goes below
// .build/attest in its folder. The package's targets see the modules Metal, MetalPerformanceShaders, QuartzCore and IOKit,
// and none of the targets that those are made of, so no names clash.
package swiftpkg
