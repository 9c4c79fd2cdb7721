import Metal
import AttestMetal

/// result = alpha * op(left) * op(right) + beta * result, where op is nothing or the transpose; accumulated in float32.
///
/// The matrices are float32, float16, bFloat16, int8 or int16, each its own; results are one of the floating formats.
/// It runs as a kernel of the device, in order with what else the command buffer holds. Where beta is 0 the result is
/// written without being read.
open class MPSMatrixMultiplication: MPSKernel {
  /// Where the result's and the operands' first elements are: x is a row and y a column, as in Apple's.
  public var resultMatrixOrigin = MTLOrigin(x: 0, y: 0, z: 0)
  public var leftMatrixOrigin = MTLOrigin(x: 0, y: 0, z: 0)
  public var rightMatrixOrigin = MTLOrigin(x: 0, y: 0, z: 0)
  /// The first of several matrices, and how many; by default all.
  public var batchStart = 0
  public var batchSize = Int.max

  let transposeLeft: Bool, transposeRight: Bool
  let resultRows: Int, resultColumns: Int, interiorColumns: Int
  let alpha: Double, beta: Double

  public init(
    device: any MTLDevice, transposeLeft: Bool, transposeRight: Bool, resultRows: Int, resultColumns: Int,
    interiorColumns: Int, alpha: Double, beta: Double
  ) {
    self.transposeLeft = transposeLeft
    self.transposeRight = transposeRight
    self.resultRows = resultRows
    self.resultColumns = resultColumns
    self.interiorColumns = interiorColumns
    self.alpha = alpha
    self.beta = beta
    super.init(device: device)
  }

  public convenience init(device: any MTLDevice, resultRows: Int, resultColumns: Int, interiorColumns: Int) {
    self.init(
      device: device, transposeLeft: false, transposeRight: false, resultRows: resultRows, resultColumns: resultColumns,
      interiorColumns: interiorColumns, alpha: 1, beta: 0)
  }

  /// What cannot be computed (a format, a matrix that is too small) fails the command buffer, and its error tells why.
  public func encode(
    commandBuffer: any MTLCommandBuffer, leftMatrix: MPSMatrix, rightMatrix: MPSMatrix, resultMatrix: MPSMatrix
  ) {
    do {
      try encodeOrThrow(commandBuffer, leftMatrix, rightMatrix, resultMatrix)
    } catch {
      MetalStandIn.refuse(commandBuffer, "MPSMatrixMultiplication: \(error)")
    }
  }

  private func encodeOrThrow(
    _ commands: any MTLCommandBuffer, _ left: MPSMatrix, _ right: MPSMatrix, _ result: MPSMatrix
  ) throws {
    let count = min(batchSize, [left, right, result].map { $0.matrices - batchStart }.min()!)
    try demand(batchStart >= 0 && count > 0, "batchStart \(batchStart) of \(result.matrices) matrices")
    try demand(
      resultRows > 0 && resultColumns > 0 && interiorColumns > 0,
      "\(resultRows) x \(resultColumns) results of \(interiorColumns) products each; at least 1 of each")
    try check("left", left, leftMatrixOrigin, resultRows, interiorColumns, transposeLeft)
    try check("right", right, rightMatrixOrigin, interiorColumns, resultColumns, transposeRight)
    try check("result", result, resultMatrixOrigin, resultRows, resultColumns, false)
    try demand(
      [.float32, .float16, .bFloat16].contains(result.dataType),
      "a result of \(result.dataType); float32, float16 and bFloat16 can be written")
    let state = try Multiplications.shared.pipeline(device, left.dataType, right.dataType, result.dataType)
    guard let encoder = commands.makeComputeCommandEncoder() else { throw Refusal("the command buffer takes no encoder") }
    encoder.setComputePipelineState(state)
    for (index, matrix) in [left, right, result].enumerated() { encoder.setBuffer(matrix.data, offset: 0, index: index) }
    var shape = Shape(
      left: Place(left, leftMatrixOrigin, batchStart, transposeLeft),
      right: Place(right, rightMatrixOrigin, batchStart, transposeRight),
      result: Place(result, resultMatrixOrigin, batchStart, false),
      interior: UInt64(interiorColumns), alpha: Float(alpha), beta: Float(beta))
    encoder.setBytes(&shape, length: MemoryLayout<Shape>.stride, index: 3)
    encoder.dispatchThreads(
      MTLSizeMake(resultColumns, resultRows, count), threadsPerThreadgroup: MTLSizeMake(min(32, resultColumns), 1, 1))
    encoder.endEncoding()
  }

  private func check(
    _ what: String, _ matrix: MPSMatrix, _ origin: MTLOrigin, _ rows: Int, _ columns: Int, _ transposed: Bool
  ) throws {
    let (rows, columns) = transposed ? (columns, rows) : (rows, columns)
    try demand(matrix.dataType.spelled != nil, "the \(what) matrix is of \(matrix.dataType); float32, float16, bFloat16, int8 and int16 are multiplied")
    try demand(
      origin.x >= 0 && origin.y >= 0 && origin.x + rows <= matrix.rows && origin.y + columns <= matrix.columns,
      "the \(what) matrix is \(matrix.rows) x \(matrix.columns); \(rows) x \(columns) from row \(origin.x), column \(origin.y) are wanted")
  }

  private func demand(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    if !condition { throw Refusal(text()) }
  }
}

struct Refusal: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}

/// Distances in elements, as the kernel's text has them.
private struct Place {
  var first: UInt64
  var row: UInt64
  var column: UInt64
  var matrix: UInt64

  init(_ m: MPSMatrix, _ origin: MTLOrigin, _ batch: Int, _ transposed: Bool) {
    let bytes = m.dataType.bytes, across = m.rowBytes / bytes
    matrix = m.matrices > 1 ? UInt64(m.matrixBytes / bytes) : 0
    first = UInt64(m.offset / bytes + origin.x * across + origin.y) + UInt64(batch) * matrix
    (row, column) = transposed ? (1, UInt64(across)) : (UInt64(across), 1)
  }
}

private struct Shape {
  var left: Place, right: Place, result: Place
  var interior: UInt64
  var alpha: Float, beta: Float
}
