import CDevice
import Metal

extension Device {
  /// Runs a dispatch and waits. All its repetitions go into one command buffer, in order. Metal times the buffer, so
  /// each of them is given the mean.
  ///
  /// A command buffer cannot be taken back once it is committed, and the memory is in use until it ends. So a deadline
  /// never makes the call return early; what ended too late is an error. The system's own watchdog ends what hangs.
  func run(_ request: gpu_dispatch) throws {
    let dispatch = try Dispatch(request, on: self)
    let queue = self.queue
    guard let commands = queue.makeCommandBuffer(), let encoder = commands.makeComputeCommandEncoder() else {
      throw Refusal(GPU_NO_MEMORY, "\(metal.name) makes no command buffer")
    }
    encode(dispatch, encoder)
    let began = now()
    commands.commit()
    commands.waitUntilCompleted()
    if commands.status != .completed {
      replace(queue)
      let message = commands.error?.localizedDescription ?? "the command buffer ended with status \(commands.status.rawValue)"
      throw Refusal(GPU_EXECUTION, "kernel \(dispatch.pipeline.function): \(message)")
    }
    if let seconds = request.seconds {
      let each = (commands.gpuEndTime - commands.gpuStartTime) / Double(request.repeat)
      for i in 0..<Int(request.repeat) { seconds[i] = each }
    }
    let took = now() - began
    if request.deadline_seconds > 0, took > request.deadline_seconds {
      throw Refusal(
        GPU_EXECUTION,
        "kernel \(dispatch.pipeline.function): ended after \(took) seconds, beyond its deadline of \(request.deadline_seconds)")
    }
  }

  private func encode(_ dispatch: Dispatch, _ encoder: any MTLComputeCommandEncoder) {
    encoder.setComputePipelineState(dispatch.pipeline.state)
    for binding in dispatch.bindings {
      let index = Int(binding.index)
      switch binding.kind {
      case GPU_BIND_BUFFER:
        guard let handle = binding.buffer else { continue } // checked
        let buffer = Unmanaged<Buffer>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
        encoder.setBuffer(buffer.metal, offset: Int(binding.offset), index: index)
      case GPU_BIND_BYTES:
        guard let bytes = binding.bytes else { continue } // checked
        encoder.setBytes(bytes, length: Int(binding.length), index: index)
      case GPU_BIND_NULL:
        encoder.setBuffer(nil, offset: 0, index: index)
      default:
        encoder.setThreadgroupMemoryLength(Int(binding.length), index: index)
      }
    }
    for _ in 0..<dispatch.request.repeat {
      if dispatch.request.grid_in_threads {
        encoder.dispatchThreads(dispatch.grid, threadsPerThreadgroup: dispatch.threadgroup)
      } else {
        encoder.dispatchThreadgroups(dispatch.grid, threadsPerThreadgroup: dispatch.threadgroup)
      }
    }
    encoder.endEncoding()
  }
}

/// Seconds of a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
