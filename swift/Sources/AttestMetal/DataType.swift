internal import CDevice

/// The types of function constants and arguments, with Apple's raw values. Pixel formats, pipelines, tables and what
/// ray tracing has are left out.
public enum MTLDataType: UInt, Sendable {
  case none = 0, `struct`, array, float, float2, float3, float4
  case float2x2 = 7, float2x3, float2x4, float3x2, float3x3, float3x4, float4x2, float4x3, float4x4
  case half = 16, half2, half3, half4
  case half2x2 = 20, half2x3, half2x4, half3x2, half3x3, half3x4, half4x2, half4x3, half4x4
  case int = 29, int2, int3, int4, uint, uint2, uint3, uint4
  case short, short2, short3, short4, ushort, ushort2, ushort3, ushort4
  case char, char2, char3, char4, uchar, uchar2, uchar3, uchar4
  case bool, bool2, bool3, bool4
  case texture = 58, sampler, pointer
  case long = 81, long2, long3, long4, ulong, ulong2, ulong3, ulong4
  case bfloat = 121, bfloat2, bfloat3, bfloat4
}

extension MTLDataType {
  /// What the device can be given as a function constant: scalars. Vectors have none here.
  var scalar: (type: gpu_scalar, bytes: Int)? {
    switch self {
    case .bool: (GPU_BOOL, 1)
    case .char: (GPU_CHAR, 1)
    case .uchar: (GPU_UCHAR, 1)
    case .short: (GPU_SHORT, 2)
    case .ushort: (GPU_USHORT, 2)
    case .int: (GPU_INT, 4)
    case .uint: (GPU_UINT, 4)
    case .long: (GPU_LONG, 8)
    case .ulong: (GPU_ULONG, 8)
    case .half: (GPU_HALF, 2)
    case .float: (GPU_FLOAT, 4)
    case .bfloat: (GPU_BFLOAT, 2)
    default: nil
    }
  }

  /// By its name in a kernel's text.
  init?(spelled name: String) {
    let known: [String: MTLDataType] = [
      "bool": .bool, "char": .char, "int8_t": .char, "uchar": .uchar, "uint8_t": .uchar, "short": .short,
      "int16_t": .short, "ushort": .ushort, "uint16_t": .ushort, "int": .int, "int32_t": .int, "uint": .uint,
      "uint32_t": .uint, "unsigned int": .uint, "unsigned": .uint, "long": .long, "int64_t": .long, "ulong": .ulong,
      "uint64_t": .ulong, "size_t": .ulong, "half": .half, "float": .float, "bfloat": .bfloat,
    ]
    guard let type = known[name] else { return nil }
    self = type
  }
}
