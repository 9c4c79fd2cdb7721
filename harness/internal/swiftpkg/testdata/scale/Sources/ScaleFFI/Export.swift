import Scale

/// Scales in place; 0 where it did.
@_cdecl("scale_floats")
public func scaleFloats(_ values: UnsafeMutablePointer<Float>, _ count: Int32, _ by: Float) -> Int32 {
  let given = Array(UnsafeBufferPointer(start: values, count: Int(count)))
  guard let result = try? Context().scale(given, by: by) else { return 1 }
  values.update(from: result.values, count: Int(count))
  return 0
}
