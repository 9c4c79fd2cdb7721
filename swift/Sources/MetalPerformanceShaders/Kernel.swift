import Metal

/// Whether the device runs these kernels: every device of the stand-in does.
public func MPSSupportsMTLDevice(_ device: (any MTLDevice)?) -> Bool { device != nil }

/// What all kernels of this module have.
open class MPSKernel {
  public let device: any MTLDevice
  public var label: String?
  public init(device: any MTLDevice) { self.device = device }
}
