// Square matrices of the module simd, by columns.

public struct simd_float2x2: Equatable, Sendable {
  public var columns: (SIMD2<Float>, SIMD2<Float>)
  public init() { self.init(diagonal: .zero) }
  public init(columns: (SIMD2<Float>, SIMD2<Float>)) { self.columns = columns }
  public init(_ c0: SIMD2<Float>, _ c1: SIMD2<Float>) { columns = (c0, c1) }
  public init(_ columns: [SIMD2<Float>]) {
    precondition(columns.count == 2, "2 columns")
    self.init(columns[0], columns[1])
  }
  public init(rows: [SIMD2<Float>]) { self = simd_float2x2(rows).transpose }
  public init(diagonal: SIMD2<Float>) {
    self.init(SIMD2<Float>(diagonal[0], 0), SIMD2<Float>(0, diagonal[1]))
  }
  public init(_ scalar: Float) { self.init(diagonal: SIMD2(repeating: scalar)) }
  public subscript(column: Int) -> SIMD2<Float> {
    get { [columns.0, columns.1][column] }
    set {
      switch column {
      case 0: columns.0 = newValue
      case 1: columns.1 = newValue
      default: preconditionFailure("column \(column) of 2")
      }
    }
  }
  public subscript(column: Int, row: Int) -> Float {
    get { self[column][row] }
    set { self[column][row] = newValue }
  }
  public var transpose: simd_float2x2 {
    simd_float2x2(SIMD2<Float>(columns.0[0], columns.1[0]), SIMD2<Float>(columns.0[1], columns.1[1]))
  }
  public static func == (a: Self, b: Self) -> Bool { a.columns.0 == b.columns.0 && a.columns.1 == b.columns.1 }
  public static func * (m: Self, x: SIMD2<Float>) -> SIMD2<Float> {
    var sum = m.columns.0 * x[0]
    for i in 1..<2 { sum += m[i] * x[i] }
    return sum
  }
  public static func * (a: Self, b: Self) -> Self { Self(a * b.columns.0, a * b.columns.1) }
  public static func * (m: Self, x: Float) -> Self { Self(m.columns.0 * x, m.columns.1 * x) }
  public static func * (x: Float, m: Self) -> Self { m * x }
  public static func + (a: Self, b: Self) -> Self { Self(a.columns.0 + b.columns.0, a.columns.1 + b.columns.1) }
  public static func - (a: Self, b: Self) -> Self { Self(a.columns.0 - b.columns.0, a.columns.1 - b.columns.1) }
}
public typealias float2x2 = simd_float2x2
public typealias matrix_float2x2 = simd_float2x2
public let matrix_identity_float2x2 = simd_float2x2(1)
public func matrix_multiply(_ a: simd_float2x2, _ b: simd_float2x2) -> simd_float2x2 { a * b }
public func simd_mul(_ a: simd_float2x2, _ b: simd_float2x2) -> simd_float2x2 { a * b }
public func simd_mul(_ m: simd_float2x2, _ x: SIMD2<Float>) -> SIMD2<Float> { m * x }
public func simd_transpose(_ m: simd_float2x2) -> simd_float2x2 { m.transpose }

public struct simd_float3x3: Equatable, Sendable {
  public var columns: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)
  public init() { self.init(diagonal: .zero) }
  public init(columns: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)) { self.columns = columns }
  public init(_ c0: SIMD3<Float>, _ c1: SIMD3<Float>, _ c2: SIMD3<Float>) { columns = (c0, c1, c2) }
  public init(_ columns: [SIMD3<Float>]) {
    precondition(columns.count == 3, "3 columns")
    self.init(columns[0], columns[1], columns[2])
  }
  public init(rows: [SIMD3<Float>]) { self = simd_float3x3(rows).transpose }
  public init(diagonal: SIMD3<Float>) {
    self.init(SIMD3<Float>(diagonal[0], 0, 0), SIMD3<Float>(0, diagonal[1], 0), SIMD3<Float>(0, 0, diagonal[2]))
  }
  public init(_ scalar: Float) { self.init(diagonal: SIMD3(repeating: scalar)) }
  public subscript(column: Int) -> SIMD3<Float> {
    get { [columns.0, columns.1, columns.2][column] }
    set {
      switch column {
      case 0: columns.0 = newValue
      case 1: columns.1 = newValue
      case 2: columns.2 = newValue
      default: preconditionFailure("column \(column) of 3")
      }
    }
  }
  public subscript(column: Int, row: Int) -> Float {
    get { self[column][row] }
    set { self[column][row] = newValue }
  }
  public var transpose: simd_float3x3 {
    simd_float3x3(SIMD3<Float>(columns.0[0], columns.1[0], columns.2[0]), SIMD3<Float>(columns.0[1], columns.1[1], columns.2[1]), SIMD3<Float>(columns.0[2], columns.1[2], columns.2[2]))
  }
  public static func == (a: Self, b: Self) -> Bool { a.columns.0 == b.columns.0 && a.columns.1 == b.columns.1 && a.columns.2 == b.columns.2 }
  public static func * (m: Self, x: SIMD3<Float>) -> SIMD3<Float> {
    var sum = m.columns.0 * x[0]
    for i in 1..<3 { sum += m[i] * x[i] }
    return sum
  }
  public static func * (a: Self, b: Self) -> Self { Self(a * b.columns.0, a * b.columns.1, a * b.columns.2) }
  public static func * (m: Self, x: Float) -> Self { Self(m.columns.0 * x, m.columns.1 * x, m.columns.2 * x) }
  public static func * (x: Float, m: Self) -> Self { m * x }
  public static func + (a: Self, b: Self) -> Self { Self(a.columns.0 + b.columns.0, a.columns.1 + b.columns.1, a.columns.2 + b.columns.2) }
  public static func - (a: Self, b: Self) -> Self { Self(a.columns.0 - b.columns.0, a.columns.1 - b.columns.1, a.columns.2 - b.columns.2) }
}
public typealias float3x3 = simd_float3x3
public typealias matrix_float3x3 = simd_float3x3
public let matrix_identity_float3x3 = simd_float3x3(1)
public func matrix_multiply(_ a: simd_float3x3, _ b: simd_float3x3) -> simd_float3x3 { a * b }
public func simd_mul(_ a: simd_float3x3, _ b: simd_float3x3) -> simd_float3x3 { a * b }
public func simd_mul(_ m: simd_float3x3, _ x: SIMD3<Float>) -> SIMD3<Float> { m * x }
public func simd_transpose(_ m: simd_float3x3) -> simd_float3x3 { m.transpose }

public struct simd_float4x4: Equatable, Sendable {
  public var columns: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)
  public init() { self.init(diagonal: .zero) }
  public init(columns: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)) { self.columns = columns }
  public init(_ c0: SIMD4<Float>, _ c1: SIMD4<Float>, _ c2: SIMD4<Float>, _ c3: SIMD4<Float>) { columns = (c0, c1, c2, c3) }
  public init(_ columns: [SIMD4<Float>]) {
    precondition(columns.count == 4, "4 columns")
    self.init(columns[0], columns[1], columns[2], columns[3])
  }
  public init(rows: [SIMD4<Float>]) { self = simd_float4x4(rows).transpose }
  public init(diagonal: SIMD4<Float>) {
    self.init(SIMD4<Float>(diagonal[0], 0, 0, 0), SIMD4<Float>(0, diagonal[1], 0, 0), SIMD4<Float>(0, 0, diagonal[2], 0), SIMD4<Float>(0, 0, 0, diagonal[3]))
  }
  public init(_ scalar: Float) { self.init(diagonal: SIMD4(repeating: scalar)) }
  public subscript(column: Int) -> SIMD4<Float> {
    get { [columns.0, columns.1, columns.2, columns.3][column] }
    set {
      switch column {
      case 0: columns.0 = newValue
      case 1: columns.1 = newValue
      case 2: columns.2 = newValue
      case 3: columns.3 = newValue
      default: preconditionFailure("column \(column) of 4")
      }
    }
  }
  public subscript(column: Int, row: Int) -> Float {
    get { self[column][row] }
    set { self[column][row] = newValue }
  }
  public var transpose: simd_float4x4 {
    simd_float4x4(SIMD4<Float>(columns.0[0], columns.1[0], columns.2[0], columns.3[0]), SIMD4<Float>(columns.0[1], columns.1[1], columns.2[1], columns.3[1]), SIMD4<Float>(columns.0[2], columns.1[2], columns.2[2], columns.3[2]), SIMD4<Float>(columns.0[3], columns.1[3], columns.2[3], columns.3[3]))
  }
  public static func == (a: Self, b: Self) -> Bool { a.columns.0 == b.columns.0 && a.columns.1 == b.columns.1 && a.columns.2 == b.columns.2 && a.columns.3 == b.columns.3 }
  public static func * (m: Self, x: SIMD4<Float>) -> SIMD4<Float> {
    var sum = m.columns.0 * x[0]
    for i in 1..<4 { sum += m[i] * x[i] }
    return sum
  }
  public static func * (a: Self, b: Self) -> Self { Self(a * b.columns.0, a * b.columns.1, a * b.columns.2, a * b.columns.3) }
  public static func * (m: Self, x: Float) -> Self { Self(m.columns.0 * x, m.columns.1 * x, m.columns.2 * x, m.columns.3 * x) }
  public static func * (x: Float, m: Self) -> Self { m * x }
  public static func + (a: Self, b: Self) -> Self { Self(a.columns.0 + b.columns.0, a.columns.1 + b.columns.1, a.columns.2 + b.columns.2, a.columns.3 + b.columns.3) }
  public static func - (a: Self, b: Self) -> Self { Self(a.columns.0 - b.columns.0, a.columns.1 - b.columns.1, a.columns.2 - b.columns.2, a.columns.3 - b.columns.3) }
}
public typealias float4x4 = simd_float4x4
public typealias matrix_float4x4 = simd_float4x4
public let matrix_identity_float4x4 = simd_float4x4(1)
public func matrix_multiply(_ a: simd_float4x4, _ b: simd_float4x4) -> simd_float4x4 { a * b }
public func simd_mul(_ a: simd_float4x4, _ b: simd_float4x4) -> simd_float4x4 { a * b }
public func simd_mul(_ m: simd_float4x4, _ x: SIMD4<Float>) -> SIMD4<Float> { m * x }
public func simd_transpose(_ m: simd_float4x4) -> simd_float4x4 { m.transpose }
