import CDevice
import Metal

/// A dispatch that has been held against everything a device would refuse, before anything runs. Metal itself checks
/// only where its validation layer is on, and then by ending the process.
struct Dispatch {
  let request: gpu_dispatch
  let pipeline: Pipeline
  let bindings: [gpu_binding]
  let grid: MTLSize
  let threadgroup: MTLSize

  init(_ request: gpu_dispatch, on device: Device) throws {
    self.request = request
    guard let handle = request.pipeline else { throw Refusal(GPU_INVALID, "a dispatch needs a pipeline") }
    pipeline = Unmanaged<Pipeline>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    guard request.repeat > 0 else { throw Refusal(GPU_INVALID, "repeat is 0 and would run nothing; at least 1 is wanted") }
    guard request.deadline_seconds >= 0 else {
      throw Refusal(GPU_INVALID, "deadline_seconds is negative or not a number; 0 means none")
    }
    grid = MTLSize(width: Int(request.grid.0), height: Int(request.grid.1), depth: Int(request.grid.2))
    threadgroup = MTLSize(
      width: Int(request.threadgroup.0), height: Int(request.threadgroup.1), depth: Int(request.threadgroup.2))
    if request.binding_count > 0 {
      guard let given = request.bindings else {
        throw Refusal(GPU_INVALID, "bindings is NULL but binding_count is \(request.binding_count)")
      }
      bindings = Array(UnsafeBufferPointer(start: given, count: Int(request.binding_count)))
    } else {
      bindings = []
    }
    try checkShape()
    try checkBindings(device)
  }

  private func checkShape() throws {
    for (what, size) in [("threadgroup", threadgroup), ("grid", grid)] {
      guard size.width > 0, size.height > 0, size.depth > 0 else {
        throw Refusal(GPU_INVALID, "\(what) (\(size.width),\(size.height),\(size.depth)) is empty; each size is at least 1")
      }
    }
    let threads = [threadgroup.height, threadgroup.depth].reduce(threadgroup.width) { product, n in
      let (all, overflow) = product.multipliedReportingOverflow(by: n)
      return overflow ? Int.max : all
    }
    guard threads <= pipeline.maxThreads else {
      throw Refusal(
        GPU_INVALID,
        "kernel \(pipeline.function): a threadgroup of \(threads) threads; the pipeline's maximum is \(pipeline.maxThreads)")
    }
    for (axis, groups, size) in [
      ("x", grid.width, threadgroup.width), ("y", grid.height, threadgroup.height), ("z", grid.depth, threadgroup.depth),
    ] {
      let all = request.grid_in_threads ? groups : groups * size // of 32 bits each
      guard all <= Int(UInt32.max) else {
        throw Refusal(GPU_INVALID, "grid \(axis): \(all) threads; thread positions have 32 bits")
      }
    }
  }

  private func checkBindings(_ device: Device) throws {
    var buffers: UInt32 = 0, local: UInt32 = 0, localBytes = UInt64(pipeline.threadgroupBytes)
    for binding in bindings {
      let index = binding.index
      let isLocal = binding.kind == GPU_BIND_THREADGROUP
      let what = isLocal ? "threadgroup memory \(index)" : "buffer \(index)"
      guard index < GPU_MAX_BUFFERS else { throw Refusal(GPU_INVALID, "\(what): indices are 0 to \(GPU_MAX_BUFFERS - 1)") }
      guard (isLocal ? local : buffers) & 1 << index == 0 else { throw Refusal(GPU_INVALID, "\(what) is bound twice") }
      switch binding.kind {
      case GPU_BIND_BUFFER: try checkBuffer(binding, what)
      case GPU_BIND_BYTES:
        guard binding.bytes != nil, binding.length > 0 else { throw Refusal(GPU_INVALID, "\(what): no bytes are given") }
        guard binding.length <= UInt64(GPU_MAX_BYTES) else {
          throw Refusal(GPU_INVALID, "\(what): \(binding.length) bytes; at most \(GPU_MAX_BYTES) go without a buffer")
        }
      case GPU_BIND_THREADGROUP:
        guard binding.length > 0, binding.length % 16 == 0 else {
          throw Refusal(GPU_INVALID, "\(what): \(binding.length) bytes; a multiple of 16 is wanted")
        }
        localBytes = localBytes.addingReportingOverflow(binding.length).overflow ? .max : localBytes + binding.length
      case GPU_BIND_NULL: break
      default:
        throw Refusal(GPU_INVALID, "\(what): kind \(binding.kind.rawValue) is none of buffer, bytes, threadgroup, null")
      }
      if isLocal { local |= 1 << index } else { buffers |= 1 << index }
    }
    try checkSlots(pipeline.buffers & ~buffers, "buffer", "nothing is bound to it")
    try checkSlots(pipeline.threadgroupArguments & ~local, "threadgroup memory", "it has no length")
    let limit = UInt64(device.metal.maxThreadgroupMemoryLength)
    guard localBytes <= limit else {
      throw Refusal(GPU_INVALID, "kernel \(pipeline.function): \(localBytes) bytes of threadgroup memory; there are \(limit)")
    }
  }

  private func checkBuffer(_ binding: gpu_binding, _ what: String) throws {
    guard let handle = binding.buffer else { throw Refusal(GPU_INVALID, "\(what): no buffer is given") }
    let bytes = Unmanaged<Buffer>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue().bytes
    guard binding.offset < UInt64(bytes) else {
      throw Refusal(GPU_INVALID, "\(what): offset \(binding.offset) is beyond the buffer's \(bytes) bytes")
    }
  }

  private func checkSlots(_ missing: UInt32, _ what: String, _ how: String) throws {
    guard missing == 0 else {
      throw Refusal(GPU_INVALID, "kernel \(pipeline.function): \(what) \(missing.trailingZeroBitCount) is named by the kernel and \(how)")
    }
  }
}
