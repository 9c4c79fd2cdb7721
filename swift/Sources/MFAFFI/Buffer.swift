import CDevice
import Metal

/// Memory that the device sees. Wrapped memory stays the caller's.
final class Buffer {
  let metal: any MTLBuffer
  let bytes: Int // as asked for; Metal's length is whole pages

  init(_ metal: any MTLBuffer, bytes: Int) {
    self.metal = metal
    self.bytes = bytes
  }
}

extension Device {
  func makeBuffer(_ memory: UnsafeMutableRawPointer?, _ bytes: UInt64) throws -> Buffer {
    guard bytes > 0 else { throw Refusal(GPU_INVALID, "a buffer of 0 bytes; at least 1 is wanted") }
    guard bytes <= UInt64(metal.maxBufferLength) else {
      throw Refusal(GPU_NO_MEMORY, "a buffer of \(bytes) bytes; \(metal.name) has at most \(metal.maxBufferLength)")
    }
    let page = pageBytes
    let whole = (Int(bytes) + page - 1) / page * page
    guard let memory else { return try allocate(whole, Int(bytes)) }
    guard UInt(bitPattern: memory) % UInt(page) == 0 else {
      throw Refusal(GPU_INVALID, "memory at \(memory) is not aligned to \(page) bytes, as wrapping wants")
    }
    // Metal wraps whole pages. What lies behind `bytes` on the last one is there to be mapped, as pages are whole.
    guard let made = metal.makeBuffer(bytesNoCopy: memory, length: whole, options: .storageModeShared, deallocator: nil)
    else { throw Refusal(GPU_NO_MEMORY, "\(metal.name) does not wrap \(bytes) bytes at \(memory)") }
    return Buffer(made, bytes: Int(bytes))
  }

  private func allocate(_ whole: Int, _ bytes: Int) throws -> Buffer {
    guard let made = metal.makeBuffer(length: whole, options: .storageModeShared) else {
      throw Refusal(GPU_NO_MEMORY, "\(metal.name) has no memory for a buffer of \(bytes) bytes")
    }
    guard UInt(bitPattern: made.contents()) % UInt(pageBytes) == 0 else {
      throw Refusal(GPU_NO_MEMORY, "\(metal.name) gave memory that is not aligned to \(pageBytes) bytes")
    }
    memset(made.contents(), 0, whole)
    return Buffer(made, bytes: bytes)
  }
}
