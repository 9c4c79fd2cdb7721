import Metal

/// The formats of elements, with Apple's raw values.
public enum MPSDataType: UInt32, Sendable {
  case invalid = 0
  case floatBit = 0x1000_0000
  case float32 = 0x1000_0020
  case float16 = 0x1000_0010
  case complexBit = 0x0100_0000
  case complexFloat32 = 0x1100_0040
  case complexFloat16 = 0x1100_0020
  case signedBit = 0x2000_0000
  case int8 = 0x2000_0008
  case int16 = 0x2000_0010
  case int32 = 0x2000_0020
  case int64 = 0x2000_0040
  case uInt8 = 0x08
  case uInt16 = 0x10
  case uInt32 = 0x20
  case uInt64 = 0x40
  case alternateEncodingBit = 0x8000_0000
  case bool = 0x8000_0008
  case bFloat16 = 0x9000_0010
  case normalizedBit = 0x4000_0000
  case unorm1 = 0x4000_0001
  case unorm8 = 0x4000_0008
}

extension MPSDataType {
  /// Bytes of an element; the low bits of the raw value tell its bits.
  var bytes: Int { max(1, Int(rawValue & 0xFFFF) / 8) }

  /// Its name in a kernel's text, where a multiplication can read it.
  var spelled: String? {
    switch self {
    case .float32: "float"
    case .float16: "half"
    case .bFloat16: "bfloat"
    case .int8: "char"
    case .int16: "short"
    default: nil
    }
  }
}
