// Package swiftpkg builds and tests a Swift package for Metal on Linux, against the stand-in for Metal of swift/.
//
// It never changes the package: Apple's modules are put beside it by compiler flags, and what is built goes below
// .build/attest in its folder. The package's targets see the modules Metal, MetalPerformanceShaders, QuartzCore, IOKit,
// os, OSLog and simd, and AttestMetal, which is imported into every source as Apple's Foundation brings Metal along; of the
// other targets that those are made of they see none, so no names clash.
package swiftpkg
