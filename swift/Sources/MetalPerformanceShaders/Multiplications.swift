import Foundation
import Metal

/// The kernels, one for each device and three formats, made when first wanted.
final class Multiplications: @unchecked Sendable {
  static let shared = Multiplications()

  private struct Key: Hashable {
    let device: ObjectIdentifier
    let formats: [MPSDataType]
  }

  private let lock = NSLock()
  private var made: [Key: any MTLComputePipelineState] = [:] // devices live as long as the process

  func pipeline(
    _ device: any MTLDevice, _ left: MPSDataType, _ right: MPSDataType, _ result: MPSDataType
  ) throws -> any MTLComputePipelineState {
    try lock.withLock {
      let key = Key(device: ObjectIdentifier(device), formats: [left, right, result])
      if let state = made[key] { return state }
      let options = MTLCompileOptions()
      options.mathMode = .safe
      options.preprocessorMacros = ["LEFT": left.spelled!, "RIGHT": right.spelled!, "RESULT": result.spelled!]
      let library = try device.makeLibrary(source: text, options: options)
      let state = try device.makeComputePipelineState(function: library.makeFunction(name: "multiply")!)
      made[key] = state
      return state
    }
  }
}

private let text = """
  #include <metal_stdlib>
  using namespace metal;

  struct Place { ulong first, row, column, matrix; };
  struct Shape { Place left, right, result; ulong interior; float alpha, beta; };

  kernel void multiply(device const LEFT *left [[buffer(0)]], device const RIGHT *right [[buffer(1)]],
                       device RESULT *result [[buffer(2)]], constant Shape &shape [[buffer(3)]],
                       uint3 at [[thread_position_in_grid]]) {
    ulong l = shape.left.first + at.z * shape.left.matrix + at.y * shape.left.row;
    ulong r = shape.right.first + at.z * shape.right.matrix + at.x * shape.right.column;
    ulong o = shape.result.first + at.z * shape.result.matrix + at.y * shape.result.row + at.x * shape.result.column;
    float sum = 0;
    for (ulong k = 0; k < shape.interior; k++) {
      sum += float(left[l + k * shape.left.column]) * float(right[r + k * shape.right.row]);
    }
    float value = shape.alpha * sum;
    if (shape.beta != 0) value += shape.beta * float(result[o]);
    result[o] = RESULT(value);
  }
  """
