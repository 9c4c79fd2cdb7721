internal import CDevice
internal import CHost
internal import Glibc

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
    /// A slot that the kernel names and to which nothing is bound fails the command buffer, as with Metal's validation
    /// layer. Else it is a null pointer, which fails the command buffer when a thread uses it. ATTEST_METAL_STRICT: 1.
    public var isStrict = false
    /// After a command buffer fails while it runs, its queue fails all others, as macOS may do.
    public var ignoresSubmissionsAfterError = false

    public init() {}

    /// The name of a device that is of the family, in the program of somebody else: such programs look for "M1" and its
    /// like, and some end where they find none. Nil in attest's own, which tell what they run on.
    var familyName: String? {
      #if ATTEST_METAL_FOUNDATION
      let chips: [MTLGPUFamily: String] = [
        .apple1: "A7", .apple2: "A8", .apple3: "A9", .apple4: "A11", .apple5: "A12", .apple6: "A13", .apple7: "M1",
        .apple8: "M2", .apple9: "M3", .apple10: "M5",
      ]
      return chips[family].map { "Apple \($0) (attest)" }
      #else
      return nil
      #endif
    }

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
      if let text = variable("ATTEST_METAL_STRICT") {
        if text == "0" || text == "1" { settings.isStrict = text == "1" } else { complain("ATTEST_METAL_STRICT", text, "0 or 1") }
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

  /// Fails the command buffer, as a wrong command in it does.
  package static func refuse(_ commands: any MTLCommandBuffer, _ text: String) {
    (commands as? HostCommandBuffer)?.refuse(text)
  }

  /// The cores that the GPU would have: the device's threads.
  package static var coreCount: Int {
    let asked = Int(systemDevice?.settings.workers ?? 0)
    return asked > 0 ? asked : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// A device of its own. It lives as long as the process.
  public static func makeDevice(_ settings: Settings) -> (any MTLDevice)? { HostDevice(settings) }
}

private let systemDevice: HostDevice? = HostDevice(.fromEnvironment())

public func MTLCreateSystemDefaultDevice() -> (any MTLDevice)? { systemDevice }
public func MTLCopyAllDevices() -> [any MTLDevice] { systemDevice.map { [$0] } ?? [] }
