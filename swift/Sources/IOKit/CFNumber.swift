public enum CFNumberType: Int, Sendable {
  case sInt8Type = 1, sInt16Type, sInt32Type, sInt64Type, float32Type, float64Type
  case charType, shortType, intType, longType, longLongType, floatType, doubleType, cfIndexType, nsIntegerType, cgFloatType
}

/// A number of the registry: 64 bits, signed.
public final class CFNumber: Sendable {
  let value: Int64
  init(_ value: Int64) { self.value = value }
}

public func CFNumberGetType(_ number: CFNumber!) -> CFNumberType { .sInt64Type }

/// Whether the number was written without loss to where the pointer points, in the type's format.
public func CFNumberGetValue(_ number: CFNumber!, _ type: CFNumberType, _ value: UnsafeMutableRawPointer!) -> Bool {
  func write<Number: FixedWidthInteger & BitwiseCopyable>(_ kind: Number.Type) -> Bool {
    value.storeBytes(of: Number(truncatingIfNeeded: number.value), as: Number.self)
    return Number(exactly: number.value) != nil
  }
  switch type {
  case .sInt8Type, .charType: return write(Int8.self)
  case .sInt16Type, .shortType: return write(Int16.self)
  case .sInt32Type, .intType: return write(Int32.self)
  case .sInt64Type, .longType, .longLongType, .cfIndexType, .nsIntegerType: return write(Int64.self)
  case .float32Type, .floatType:
    value.storeBytes(of: Float(number.value), as: Float.self)
    return Float(exactly: number.value) != nil
  case .float64Type, .doubleType, .cgFloatType:
    value.storeBytes(of: Double(number.value), as: Double.self)
    return Double(exactly: number.value) != nil
  }
}
