import CDevice
import CHost

/// What is the stand-in's own, and Apple's Metal has not: how its device is set up. Code that must build on both systems
/// uses the environment instead.
public enum MetalStandIn {
  public struct Settings: Sendable {
    /// MTLDevice.name; nil: the host device's own. ATTEST_METAL_NAME.
    public var name: String?
    /// The highest family that supportsFamily affirms: libraries choose kernels by it. ATTEST_METAL_FAMILY: apple1 to apple10.
    public var family: MTLGPUFamily = .apple7
    /// OS threads; 0: one a processor. ATTEST_METAL_WORKERS.
    public var workers: UInt32 = 0
    /// Seconds after which a dispatch is ended, as a GPU's watchdog would; 0: never. ATTEST_METAL_TIMEOUT.
    public var timeout = 300.0
    /// After a command buffer fails while it runs, its queue fails all others, as macOS may do.
    public var ignoresSubmissionsAfterError = false

    public init() {}

    /// As the environment says.
    static func fromEnvironment() -> Settings {
      var settings = Settings()
      settings.name = variable("ATTEST_METAL_NAME")
      if let text = variable("ATTEST_METAL_FAMILY") {
        let known = (1...10).first { "apple\($0)" == text }.flatMap { MTLGPUFamily(rawValue: 1000 + $0) }
        if let known { settings.family = known } else { complain("ATTEST_METAL_FAMILY", text, "apple1 to apple10") }
      }
      if let text = variable("ATTEST_METAL_WORKERS") {
        if let n = UInt32(text) { settings.workers = n } else { complain("ATTEST_METAL_WORKERS", text, "a number of threads") }
      }
      if let text = variable("ATTEST_METAL_TIMEOUT") {
        if let n = Double(text), n >= 0 { settings.timeout = n } else { complain("ATTEST_METAL_TIMEOUT", text, "seconds") }
      }
      return settings
    }

    private static func variable(_ name: String) -> String? {
      guard let value = getenv(name), value.pointee != 0 else { return nil }
      return String(cString: value)
    }

    private static func complain(_ name: String, _ value: String, _ wanted: String) {
      warn("\(name)=\(value) is passed over: \(wanted) expected")
    }
  }

  /// A device of its own. It lives as long as the process.
  public static func makeDevice(_ settings: Settings) -> (any MTLDevice)? { HostDevice(settings) }
}

private let systemDevice: HostDevice? = HostDevice(.fromEnvironment())

public func MTLCreateSystemDefaultDevice() -> (any MTLDevice)? { systemDevice }
public func MTLCopyAllDevices() -> [any MTLDevice] { systemDevice.map { [$0] } ?? [] }
