import Metal
import XCTest

let addOne = """
  #include <metal_stdlib>
  using namespace metal;
  kernel void add_one(device float *x [[buffer(0)]], constant float &by [[buffer(1)]], uint i [[thread_position_in_grid]]) {
    x[i] += by;
  }
  """

/// A device, a queue and one kernel.
struct Fixture {
  let device: any MTLDevice
  let queue: any MTLCommandQueue
  let state: any MTLComputePipelineState

  init(_ source: String = addOne, _ function: String = "add_one", settings: MetalStandIn.Settings = .init()) throws {
    device = try XCTUnwrap(MetalStandIn.makeDevice(settings))
    queue = try XCTUnwrap(device.makeCommandQueue())
    let library = try device.makeLibrary(source: source, options: nil)
    state = try device.makeComputePipelineState(function: XCTUnwrap(library.makeFunction(name: function)))
  }

  func floats(_ values: [Float]) throws -> any MTLBuffer {
    try XCTUnwrap(device.makeBuffer(bytes: values, length: values.count * 4, options: .storageModeShared))
  }

  /// Encodes by `body`, commits and waits.
  func run(_ body: (any MTLComputeCommandEncoder) -> Void) throws -> any MTLCommandBuffer {
    let commands = try XCTUnwrap(queue.makeCommandBuffer())
    let encoder = try XCTUnwrap(commands.makeComputeCommandEncoder())
    encoder.setComputePipelineState(state)
    body(encoder)
    encoder.endEncoding()
    commands.commit()
    commands.waitUntilCompleted()
    return commands
  }

  /// As the kernel add_one wants it.
  func bind(_ encoder: any MTLComputeCommandEncoder, _ buffer: any MTLBuffer, by: Float = 1) {
    var by = by
    encoder.setBuffer(buffer, offset: 0, index: 0)
    encoder.setBytes(&by, length: 4, index: 1)
  }
}

func contents(_ buffer: any MTLBuffer) -> [Float] {
  Array(UnsafeBufferPointer(start: buffer.contents().assumingMemoryBound(to: Float.self), count: buffer.length / 4))
}

func size(_ width: Int, _ height: Int = 1, _ depth: Int = 1) -> MTLSize { MTLSizeMake(width, height, depth) }
