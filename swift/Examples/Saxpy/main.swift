// y = a*x + y, on whatever Metal is here: an ordinary program, as one would write it for a Mac. It knows nothing of attest
// and builds on both systems as it is.
import Foundation
import Metal

let text = """
  #include <metal_stdlib>
  using namespace metal;

  constant bool negate [[function_constant(0)]];

  kernel void saxpy(device const float *x [[buffer(0)]], device float *y [[buffer(1)]], constant float &a [[buffer(2)]],
                    constant uint &count [[buffer(3)]], uint i [[thread_position_in_grid]]) {
    if (i < count) y[i] = fma(negate ? -a : a, x[i], y[i]);
  }
  """

enum Failure: LocalizedError {
  case noDevice, wrong(index: Int, got: Float, want: Float)
  var errorDescription: String? {
    switch self {
    case .noDevice: "this machine has no Metal device"
    case .wrong(let index, let got, let want): "y[\(index)] is \(got), want \(want)"
    }
  }
}

final class Saxpy {
  let device: any MTLDevice
  private let queue: any MTLCommandQueue
  private let pipeline: any MTLComputePipelineState

  init(negating: Bool) throws {
    guard let device = MTLCreateSystemDefaultDevice(), let queue = device.makeCommandQueue() else { throw Failure.noDevice }
    let options = MTLCompileOptions()
    options.languageVersion = .version3_1
    let library = try device.makeLibrary(source: text, options: options)
    let constants = MTLFunctionConstantValues()
    var negate = negating
    constants.setConstantValue(&negate, type: .bool, index: 0)
    pipeline = try device.makeComputePipelineState(
      function: try library.makeFunction(name: "saxpy", constantValues: constants))
    self.device = device
    self.queue = queue
  }

  func run(_ a: Float, _ x: any MTLBuffer, _ y: any MTLBuffer, count: Int) throws {
    guard let commands = queue.makeCommandBuffer(), let encoder = commands.makeComputeCommandEncoder() else { throw Failure.noDevice }
    encoder.setComputePipelineState(pipeline)
    encoder.setBuffer(x, offset: 0, index: 0)
    encoder.setBuffer(y, offset: 0, index: 1)
    encoder.setBytes([a], length: MemoryLayout<Float>.stride, index: 2)
    encoder.setBytes([UInt32(count)], length: MemoryLayout<UInt32>.stride, index: 3)
    let width = pipeline.threadExecutionWidth
    encoder.dispatchThreadgroups(
      MTLSize(width: (count + width - 1) / width, height: 1, depth: 1),
      threadsPerThreadgroup: MTLSize(width: width, height: 1, depth: 1))
    encoder.endEncoding()
    commands.commit()
    commands.waitUntilCompleted()
    if let error = commands.error { throw error }
  }
}

do {
  let saxpy = try Saxpy(negating: true)
  let count = 1000
  let x = (0..<count).map { Float($0) }
  guard let xs = saxpy.device.makeBuffer(bytes: x, length: count * MemoryLayout<Float>.stride, options: .storageModeShared),
    let ys = saxpy.device.makeBuffer(length: count * MemoryLayout<Float>.stride)
  else { throw Failure.noDevice }
  let y = ys.contents().bindMemory(to: Float.self, capacity: count)
  for i in 0..<count { y[i] = 1 }

  // Through C's hands and back, as libraries with a C interface pass their objects.
  let handle = Unmanaged.passRetained(saxpy as AnyObject).toOpaque()
  guard let back = Unmanaged<AnyObject>.fromOpaque(handle).takeRetainedValue() as? Saxpy else { throw Failure.noDevice }
  try back.run(0.5, xs, ys, count: count)

  for i in 0..<count where y[i] != 1 - 0.5 * x[i] { throw Failure.wrong(index: i, got: y[i], want: 1 - 0.5 * x[i]) }
  print("saxpy on \(saxpy.device.name): \(count) elements are right")
} catch {
  FileHandle.standardError.write(Data("saxpy: \(error.localizedDescription)\n".utf8))
  exit(1)
}
