// swift-tools-version: 6.0
// An attention library of your own, in Swift over Metal, with the five C functions that attest needs. On macOS:
//
//     swift build -c release && attest run --path lib:.build/release/libMineFFI.dylib
//
// On Linux, over attest's stand-in for Metal, from the same files:
//
//     attest swift build . && attest run --path lib:...   (the command prints the file)
import PackageDescription

let package = Package(
  name: "mine",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [.library(name: "MineFFI", type: .dynamic, targets: ["MineFFI"])],
  targets: [
    .target(
      name: "MineFFI", resources: [.copy("Kernels/attention.metal")],
      swiftSettings: [.enableUpcomingFeature("StrictConcurrency")])
  ]
)
