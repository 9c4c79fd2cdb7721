internal import CDevice
internal import CHost

/// A copy of what setBytes was given, where a kernel can read it.
final class HostBytes {
  let pointer: UnsafeMutableRawPointer
  let count: Int

  init(_ from: UnsafeRawPointer, _ count: Int) {
    pointer = .allocate(byteCount: count, alignment: 256)
    pointer.copyMemory(from: from, byteCount: count)
    self.count = count
  }

  deinit { pointer.deallocate() }
}

/// One dispatch with the bindings of its moment, to be run `count` times.
final class HostDispatch {
  enum Slot {
    case buffer(HostBuffer, Int)
    case bytes(HostBytes)
  }
  enum Grid {
    case threadgroups(MTLSize)
    case threads(MTLSize)
    case indirect(HostBuffer, Int)
  }

  let pipeline: HostPipeline
  let slots: [Int: Slot]
  let threadgroupMemory: [Int: Int]
  let grid: Grid
  let threadgroup: MTLSize
  var count = 1

  init(_ pipeline: HostPipeline, _ slots: [Int: Slot], _ memory: [Int: Int], _ grid: Grid, _ threadgroup: MTLSize) {
    self.pipeline = pipeline
    self.slots = slots
    threadgroupMemory = memory
    self.grid = grid
    self.threadgroup = threadgroup
  }

  /// In the whole grid; nil where only the buffer knows, or it is beyond all bounds.
  var threads: Int? {
    let size: MTLSize
    switch grid {
    case .threads(let threads): size = threads
    case .threadgroups(let groups):
      size = MTLSize(width: groups.width &* threadgroup.width, height: groups.height &* threadgroup.height, depth: groups.depth &* threadgroup.depth)
    case .indirect: return nil
    }
    guard [size.width, size.height, size.depth].allSatisfy({ (1...65536).contains($0) }) else { return nil }
    return size.width * size.height * size.depth
  }

  /// Runs it and gives device seconds.
  func run() throws(MTLCommandBufferError) -> Double {
    let bindings = ContiguousArray(slots.map(binding) + unbound + threadgroupMemory.map { index, bytes in
      gpu_binding(kind: GPU_BIND_THREADGROUP, index: UInt32(index), buffer: nil, offset: 0, bytes: nil, length: UInt64(bytes))
    })
    let (size, inThreads) = try shape()
    let group = try packed(threadgroup, "threadgroup")
    var times = [Double](repeating: 0, count: count)
    var message = [CChar](repeating: 0, count: 4096)
    let host = pipeline.host
    let status = bindings.withUnsafeBufferPointer { bindings in
      times.withUnsafeMutableBufferPointer { times in
        var dispatch = gpu_dispatch(
          pipeline: pipeline.handle, bindings: bindings.baseAddress, binding_count: UInt32(bindings.count), grid: size,
          threadgroup: group, grid_in_threads: inThreads, repeat: UInt32(count),
          deadline_seconds: host.settings.timeout, seconds: times.baseAddress)
        return host.calls.run(host.calls.device, &dispatch, &message, message.count)
      }
    }
    guard status == GPU_OK else { throw failure(status, message) }
    return times.reduce(0, +)
  }

  /// What the kernel names and nothing is bound to: null pointers, unless the device is strict and so refuses them.
  private var unbound: [gpu_binding] {
    if pipeline.host.settings.isStrict { return [] }
    var named: UInt32 = 0, local: UInt32 = 0
    standin_slots(pipeline.handle, &named, &local)
    return (0..<UInt32(GPU_MAX_BUFFERS)).filter { named >> $0 & 1 == 1 && slots[Int($0)] == nil }.map {
      gpu_binding(kind: GPU_BIND_NULL, index: $0, buffer: nil, offset: 0, bytes: nil, length: 0)
    }
  }

  private func binding(_ index: Int, _ slot: Slot) -> gpu_binding {
    switch slot {
    case .buffer(let buffer, let offset):
      gpu_binding(
        kind: GPU_BIND_BUFFER, index: UInt32(index), buffer: buffer.handle, offset: UInt64(buffer.base + offset), bytes: nil, length: 0)
    case .bytes(let bytes):
      gpu_binding(
        kind: GPU_BIND_BYTES, index: UInt32(index), buffer: nil, offset: 0, bytes: UnsafeRawPointer(bytes.pointer),
        length: UInt64(bytes.count))
    }
  }

  private func shape() throws(MTLCommandBufferError) -> ((UInt32, UInt32, UInt32), Bool) {
    switch grid {
    case .threadgroups(let size): return (try packed(size, "threadgroupsPerGrid"), false)
    case .threads(let size): return (try packed(size, "threadsPerGrid"), true)
    case .indirect(let buffer, let offset):
      let words = (buffer.contents() + offset).assumingMemoryBound(to: UInt32.self)
      return ((words[0], words[1], words[2]), false)
    }
  }

  private func packed(_ size: MTLSize, _ what: String) throws(MTLCommandBufferError) -> (UInt32, UInt32, UInt32) {
    guard let x = UInt32(exactly: size.width), let y = UInt32(exactly: size.height), let z = UInt32(exactly: size.depth) else {
      throw MTLCommandBufferError(.invalidResource, "\(what) is (\(size.width),\(size.height),\(size.depth)): 32 bits each expected")
    }
    return (x, y, z)
  }

  private func failure(_ status: gpu_status, _ message: [CChar]) -> MTLCommandBufferError {
    let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let code: MTLCommandBufferError.Code =
      switch status {
      case GPU_INVALID, GPU_UNSUPPORTED: .invalidResource
      case GPU_NO_MEMORY: .outOfMemory
      default: text.contains("stopped at its deadline") ? .timeout : .internal
      }
    return MTLCommandBufferError(code, text)
  }
}
