// swift-tools-version: 5.9
// As somebody else's package would be: it knows Apple's modules, says that it is for Apple's systems alone, and has targets
// that are named as those behind the stand-in are.
import PackageDescription

let package = Package(
  name: "scale",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [
    .library(name: "ScaleFFI", type: .dynamic, targets: ["ScaleFFI"]),
    .executable(name: "scale", targets: ["Tool"]),
  ],
  targets: [
    .target(name: "CHost"),
    .target(
      name: "Scale", dependencies: ["CHost"], resources: [.process("Resources")],
      swiftSettings: [.enableExperimentalFeature("StrictConcurrency")]),
    .target(name: "ScaleFFI", dependencies: ["Scale"]),
    .executableTarget(name: "Tool", dependencies: ["Scale"]),
    .testTarget(name: "ScaleTests", dependencies: ["Scale"]),
  ]
)
