import CHost
import Foundation
import Metal

public enum ScaleError: Error { case noDevice, failed(String) }

public final class Context: Sendable {
  public let device: any MTLDevice
  public let queue: any MTLCommandQueue
  private let state: any MTLComputePipelineState

  public init(doubled: Bool = false) throws {
    guard let device = MTLCreateSystemDefaultDevice(), let queue = device.makeCommandQueue() else { throw ScaleError.noDevice }
    self.device = device
    self.queue = queue
    let file = Bundle.module.url(forResource: "scale.metal", withExtension: "txt")!
    let library = try device.makeLibrary(source: String(contentsOf: file, encoding: .utf8), options: nil)
    let constants = MTLFunctionConstantValues()
    var doubled = doubled
    constants.setConstantValue(&doubled, type: .bool, index: 0)
    state = try device.makeComputePipelineState(function: library.makeFunction(name: "scale", constantValues: constants))
  }

  /// Slot 2 of the kernel stays without a buffer: it is used where `by` is negative.
  public func scale(_ values: [Float], by: Float = chost_half()) throws -> (values: [Float], seconds: Double) {
    let began = CFAbsoluteTimeGetCurrent()
    return try autoreleasepool {
      let buffer = device.makeBuffer(bytes: values, length: values.count * MemoryLayout<Float>.stride, options: .storageModeShared)!
      let commands = queue.makeCommandBuffer()!
      let encoder = commands.makeComputeCommandEncoder()!
      var by = by
      encoder.setComputePipelineState(state)
      encoder.setBuffer(buffer, offset: 0, index: 0)
      encoder.setBytes(&by, length: 4, index: 1)
      encoder.setBuffer(nil, offset: 0, index: 2)
      encoder.dispatchThreads(
        MTLSize(width: values.count, height: 1, depth: 1), threadsPerThreadgroup: MTLSize(width: 32, height: 1, depth: 1))
      encoder.endEncoding()
      commands.commit()
      commands.waitUntilCompleted()
      if let error = commands.error { throw ScaleError.failed(error.localizedDescription) }
      let result = buffer.contents().bindMemory(to: Float.self, capacity: values.count)
      return (Array(UnsafeBufferPointer(start: result, count: values.count)), CFAbsoluteTimeGetCurrent() - began)
    }
  }
}
