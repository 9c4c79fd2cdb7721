import Metal

/// How matrices lie in a buffer: rows of `columns` elements, each row `rowBytes` after the one before, each of
/// `matrices` matrices `matrixBytes` after the one before.
open class MPSMatrixDescriptor {
  public var rows: Int
  public var columns: Int
  public let matrices: Int
  public var dataType: MPSDataType
  public var rowBytes: Int
  public let matrixBytes: Int

  public convenience init(rows: Int, columns: Int, rowBytes: Int, dataType: MPSDataType) {
    self.init(rows: rows, columns: columns, matrices: 1, rowBytes: rowBytes, matrixBytes: rows * rowBytes, dataType: dataType)
  }

  public init(rows: Int, columns: Int, matrices: Int, rowBytes: Int, matrixBytes: Int, dataType: MPSDataType) {
    self.rows = rows
    self.columns = columns
    self.matrices = matrices
    self.rowBytes = rowBytes
    self.matrixBytes = matrixBytes
    self.dataType = dataType
  }

  /// Apple's recommends a distance at which its GPUs are fast; here it is that of whole 16 bytes.
  public class func rowBytes(forColumns columns: Int, dataType: MPSDataType) -> Int {
    (columns * dataType.bytes + 15) / 16 * 16
  }

  @available(*, deprecated, renamed: "rowBytes(forColumns:dataType:)")
  public class func rowBytes(fromColumns columns: Int, dataType: MPSDataType) -> Int {
    rowBytes(forColumns: columns, dataType: dataType)
  }
}

/// Matrices in a buffer. Nothing is copied.
open class MPSMatrix {
  public let device: any MTLDevice
  public let rows: Int
  public let columns: Int
  public let matrices: Int
  public let dataType: MPSDataType
  public let rowBytes: Int
  public let matrixBytes: Int
  public let offset: Int
  public let data: any MTLBuffer

  public convenience init(buffer: any MTLBuffer, descriptor: MPSMatrixDescriptor) {
    self.init(buffer: buffer, offset: 0, descriptor: descriptor)
  }

  /// Ends the process where the matrices do not fit the buffer, as Apple's does.
  public init(buffer: any MTLBuffer, offset: Int, descriptor: MPSMatrixDescriptor) {
    if let message = Self.misfit(buffer.length, offset, descriptor) { fatalError("MPSMatrix: \(message)") }
    device = buffer.device
    data = buffer
    self.offset = offset
    rows = descriptor.rows
    columns = descriptor.columns
    matrices = descriptor.matrices
    dataType = descriptor.dataType
    rowBytes = descriptor.rowBytes
    matrixBytes = descriptor.matrixBytes
  }

  /// With a buffer of its own, which holds zeros.
  public convenience init(device: any MTLDevice, descriptor: MPSMatrixDescriptor) {
    let bytes = max(1, (descriptor.matrices - 1) * descriptor.matrixBytes + descriptor.rows * descriptor.rowBytes)
    guard let buffer = device.makeBuffer(length: bytes) else { fatalError("MPSMatrix: no buffer of \(bytes) bytes") }
    self.init(buffer: buffer, offset: 0, descriptor: descriptor)
  }

  public func resourceSize() -> Int { matrices * matrixBytes }

  /// Nothing to do: both sides see the same memory.
  public func synchronize(on commandBuffer: any MTLCommandBuffer) {}

  private static func misfit(_ length: Int, _ offset: Int, _ d: MPSMatrixDescriptor) -> String? {
    let bytes = d.dataType.bytes
    guard d.rows > 0, d.columns > 0, d.matrices > 0 else {
      return "\(d.matrices) matrices of \(d.rows) x \(d.columns); each at least 1"
    }
    guard d.rowBytes >= d.columns * bytes, d.rowBytes % bytes == 0 else {
      return "rowBytes \(d.rowBytes) for \(d.columns) columns of \(bytes) bytes; a multiple of \(bytes), at least \(d.columns * bytes)"
    }
    guard d.matrices == 1 || (d.matrixBytes >= d.rows * d.rowBytes && d.matrixBytes % d.rowBytes == 0) else {
      return "matrixBytes \(d.matrixBytes) for \(d.rows) rows of \(d.rowBytes) bytes; a multiple of rowBytes, at least \(d.rows * d.rowBytes)"
    }
    let end = offset + (d.matrices - 1) * d.matrixBytes + (d.rows - 1) * d.rowBytes + d.columns * bytes
    guard offset >= 0, offset % bytes == 0, end <= length else {
      return "\(d.matrices) matrices of \(d.rows) x \(d.columns) at offset \(offset) end at byte \(end) of a buffer of \(length)"
    }
    return nil
  }
}
