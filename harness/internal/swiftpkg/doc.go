// Package swiftpkg builds and tests a Swift package for Metal on Linux, against the stand-in for Metal of swift/.
//
// It never changes the package: Apple's modules are put beside it by compiler flags, and what is built goes below
// .build/attest in its folder. The package's targets see the modules Metal, MetalPerformanceShaders, QuartzCore, IOKit,
// os, OSLog and simd. AttestMetal is imported into every source, because on a Mac Foundation brings Metal along. The targets
// that these modules are built from stay hidden, so that their names cannot clash with the package's.
package swiftpkg
