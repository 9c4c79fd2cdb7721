import Metal
import MetalPerformanceShaders
import XCTest

final class MultiplicationTests: XCTestCase {
  private let device = MTLCreateSystemDefaultDevice()!

  private func matrices(_ values: [[Float]], rows: Int, columns: Int, offset: Int = 0, pad: Int = 3) -> MPSMatrix {
    let rowBytes = (columns + pad) * 4, matrixBytes = rows * rowBytes
    let buffer = device.makeBuffer(length: offset + values.count * matrixBytes)!
    for (m, one) in values.enumerated() {
      for i in 0..<rows * columns {
        let at = offset + m * matrixBytes + i / columns * rowBytes + i % columns * 4
        buffer.contents().storeBytes(of: one[i], toByteOffset: at, as: Float.self)
      }
    }
    let descriptor = MPSMatrixDescriptor(
      rows: rows, columns: columns, matrices: values.count, rowBytes: rowBytes, matrixBytes: matrixBytes, dataType: .float32)
    return MPSMatrix(buffer: buffer, offset: offset, descriptor: descriptor)
  }

  private func element(_ m: MPSMatrix, _ batch: Int, _ row: Int, _ column: Int) -> Float {
    m.data.contents().load(fromByteOffset: m.offset + batch * m.matrixBytes + row * m.rowBytes + column * 4, as: Float.self)
  }

  private func run(_ body: (any MTLCommandBuffer) -> Void) -> (any Error)? {
    let commands = device.makeCommandQueue()!.makeCommandBuffer()!
    body(commands)
    commands.commit()
    commands.waitUntilCompleted()
    return commands.error
  }

  func testProductsOfEveryTransposeInBatches() {
    let rows = 5, columns = 7, interior = 3
    for (transposeLeft, transposeRight) in [(false, false), (true, false), (false, true), (true, true)] {
      func values(_ seed: Int, _ count: Int) -> [[Float]] { (0..<2).map { b in (0..<count).map { Float(($0 * seed + b) % 11) - 5 } } }
      let l = values(3, rows * interior), r = values(7, interior * columns), c = values(5, rows * columns)
      let left = matrices(l, rows: transposeLeft ? interior : rows, columns: transposeLeft ? rows : interior, offset: 64)
      let right = matrices(r, rows: transposeRight ? columns : interior, columns: transposeRight ? interior : columns)
      let result = matrices(c, rows: rows, columns: columns)
      let multiply = MPSMatrixMultiplication(
        device: device, transposeLeft: transposeLeft, transposeRight: transposeRight, resultRows: rows,
        resultColumns: columns, interiorColumns: interior, alpha: 2, beta: -1)
      XCTAssertNil(run { multiply.encode(commandBuffer: $0, leftMatrix: left, rightMatrix: right, resultMatrix: result) })
      for b in 0..<2 {
        for i in 0..<rows {
          for j in 0..<columns {
            var sum: Float = 0
            for k in 0..<interior {
              let a = transposeLeft ? l[b][k * rows + i] : l[b][i * interior + k]
              let d = transposeRight ? r[b][j * interior + k] : r[b][k * columns + j]
              sum += a * d
            }
            XCTAssertEqual(element(result, b, i, j), 2 * sum - c[b][i * columns + j], "\(transposeLeft) \(transposeRight) \(b) \(i) \(j)")
          }
        }
      }
    }
  }

  func testAnOriginAndAResultThatIsNotRead() {
    let left = matrices([[1, 2, 3, 4, 5, 6]], rows: 2, columns: 3)
    let right = matrices([[1, 0, 0, 1]], rows: 2, columns: 2)
    let result = matrices([[.nan, .nan, .nan, .nan]], rows: 2, columns: 2)
    let multiply = MPSMatrixMultiplication(device: device, resultRows: 2, resultColumns: 2, interiorColumns: 2)
    multiply.leftMatrixOrigin = MTLOrigin(x: 0, y: 1, z: 0)
    XCTAssertNil(run { multiply.encode(commandBuffer: $0, leftMatrix: left, rightMatrix: right, resultMatrix: result) })
    XCTAssertEqual([(0, 0), (0, 1), (1, 0), (1, 1)].map { element(result, 0, $0.0, $0.1) }, [2, 3, 5, 6])
  }

  func testHalvesAreRoundedOnce() {
    let halves = device.makeBuffer(bytes: [Float16(1), 3, 0.5, 2], length: 8)!
    let left = MPSMatrix(buffer: halves, descriptor: MPSMatrixDescriptor(rows: 1, columns: 2, rowBytes: 4, dataType: .float16))
    let right = MPSMatrix(
      buffer: halves, offset: 4, descriptor: MPSMatrixDescriptor(rows: 2, columns: 1, rowBytes: 2, dataType: .float16))
    let result = MPSMatrix(device: device, descriptor: MPSMatrixDescriptor(rows: 1, columns: 1, rowBytes: 2, dataType: .float16))
    let multiply = MPSMatrixMultiplication(device: device, resultRows: 1, resultColumns: 1, interiorColumns: 2)
    XCTAssertNil(run { multiply.encode(commandBuffer: $0, leftMatrix: left, rightMatrix: right, resultMatrix: result) })
    XCTAssertEqual(result.data.contents().load(as: Float16.self), 6.5)
  }

  func testWhatCannotBeMultipliedSaysWhy() {
    let small = matrices([[1, 2]], rows: 1, columns: 2)
    let multiply = MPSMatrixMultiplication(device: device, resultRows: 2, resultColumns: 2, interiorColumns: 2)
    let error = run { multiply.encode(commandBuffer: $0, leftMatrix: small, rightMatrix: small, resultMatrix: small) }
    XCTAssert(error?.localizedDescription.contains("the left matrix is 1 x 2; 2 x 2") ?? false, "\(String(describing: error))")
  }
}
