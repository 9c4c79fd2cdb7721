// swift-tools-version: 6.0
// The mfa C library with a device written in Swift over Metal. On macOS Metal is Apple's framework; on Linux it is the
// module Metal of this package, whose body is the SIMT runtime of metal/internal/host. No source below knows which.
//
// C sources stay in metal/: the targets reach them by links.
import PackageDescription

// ATTEST_STATIC: with the Swift runtime inside, as `make swift` builds it for other systems than the builder's own.
let isStatic = Context.environment["ATTEST_STATIC"] == "1"
// ATTEST_METAL_FOUNDATION: the stand-in hands on Foundation, as Apple's Metal does. 40 MB more where static.
let withFoundation = Context.environment["ATTEST_METAL_FOUNDATION"] == "1"

let surroundings: [SwiftSetting] = withFoundation ? [.define("ATTEST_METAL_FOUNDATION")] : []
let hidden: [CSetting] = [.unsafeFlags(["-fvisibility=hidden"])]

var targets: [Target] = [
  .target(name: "CDevice"),
  .target(
    name: "CMFA", dependencies: ["CDevice"],
    exclude: ["mfa/test", "mfa/testdata", "mfa/shared", "mfa/library.c", "kernels"],
    cSettings: hidden + [.headerSearchPath("kernels"), .headerSearchPath(".")]),
]
var device: [Target.Dependency] = ["CDevice", "CMFA"]
var products: [Product] = [.library(name: "MFAFFI", type: .dynamic, targets: ["MFAFFI"])]
var tests: [Target.Dependency] = ["MFAFFI", "CDevice", "CMFA"]
var foreign: [Target.Dependency] = []

#if os(Linux)
targets += [
  .target(
    name: "CHost", dependencies: ["CDevice"], exclude: ["host/cli", "msl"],
    cSettings: hidden + [.headerSearchPath("msl"), .headerSearchPath("host")]),
  .target(name: "AttestMetal", dependencies: ["CHost", "CDevice"], swiftSettings: surroundings),
  .target(name: "Metal", dependencies: ["AttestMetal"], swiftSettings: surroundings),
  .target(name: "MetalPerformanceShaders", dependencies: ["Metal", "AttestMetal"]),
  .target(name: "QuartzCore", dependencies: ["AttestMetal"]),
  .target(name: "IOKit", dependencies: ["AttestMetal"]),
  .target(name: "os"),
  .target(name: "OSLog", dependencies: ["os"]),
  .target(name: "simd"),
  .target(name: "GlibcCompat", cSettings: isStatic ? [.define("ATTEST_STATIC")] : []),
  .testTarget(name: "MetalTests", dependencies: ["Metal", "MetalPerformanceShaders", "os", "simd"]),
]
products.append(.library(name: "Metal", targets: ["Metal"]))
// What `attest swift` puts beside the packages of others: Apple's modules, as far as there are any here.
products.append(
  .library(name: "AttestModules", type: .static, targets: ["Metal", "MetalPerformanceShaders", "QuartzCore", "IOKit", "os", "OSLog", "simd", "GlibcCompat"]))
device += ["Metal", "GlibcCompat"]
tests.append("Metal")
foreign.append("Metal")
#endif

targets += [
  // Somebody else's program, as it were: it knows Metal and nothing else of this package.
  .executableTarget(name: "Saxpy", dependencies: foreign, path: "Examples/Saxpy"),
  .target(name: "MFAFFI", dependencies: device),
  .testTarget(name: "MFAFFITests", dependencies: tests),
]

let package = Package(
  name: "attest-swift", platforms: [.macOS(.v14)], products: products, targets: targets, cLanguageStandard: .gnu11)
