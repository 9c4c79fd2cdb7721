import CDevice
import Metal

/// The six calls over the machine's Metal device, for the C library; NULL, with the reason in `message`, where there is none.
@_cdecl("mfa_swift_device")
public func mfaSwiftDevice(_ message: UnsafeMutablePointer<CChar>?, _ messageBytes: Int) -> UnsafePointer<gpu_api>? {
  var api: UnsafePointer<gpu_api>?
  _ = answering(message, messageBytes) {
    _ = try Device.shared()
    api = UnsafePointer(sharedCalls)
  }
  return api
}

/// Of the shared device, which never ends; so neither does this.
nonisolated(unsafe) private let sharedCalls: UnsafeMutablePointer<gpu_api> = {
  let calls = UnsafeMutablePointer<gpu_api>.allocate(capacity: 1)
  guard let device = try? Device.shared() else { fatalError("asked for the calls of a device that could not be made") }
  calls.initialize(to: makeCalls(device))
  return calls
}()

/// The device's six calls. They keep it alive.
func makeCalls(_ device: Device) -> gpu_api {
  gpu_api(
    abi: GPU_DEVICE_ABI,
    device: OpaquePointer(Unmanaged.passRetained(device).toOpaque()),
    describe: { device, out in
      guard let device, let out else { return GPU_INVALID }
      out.pointee = gpu_device_info()
      deviceOf(device).describe(&out.pointee)
      return GPU_OK
    },
    make_buffer: { device, memory, bytes, out, contents, message, messageBytes in
      answering(message, messageBytes) {
        guard let device, let out else { throw Refusal(GPU_INVALID, "out is NULL; a place for the buffer is wanted") }
        out.pointee = nil
        let buffer = try deviceOf(device).makeBuffer(memory, bytes)
        contents?.pointee = buffer.metal.contents()
        out.pointee = OpaquePointer(Unmanaged.passRetained(buffer).toOpaque())
      }
    },
    compile: { device, program, out, info, message, messageBytes in
      answering(message, messageBytes) {
        guard let device, let program, let out else {
          throw Refusal(GPU_INVALID, "program or out is NULL; a program and a place for the pipeline are wanted")
        }
        out.pointee = nil
        let began = now()
        let pipeline = try deviceOf(device).compile(program.pointee)
        info?.pointee = gpu_pipeline_info(
          max_threads: UInt32(pipeline.maxThreads), simd_width: UInt32(pipeline.state.threadExecutionWidth),
          static_threadgroup_bytes: UInt64(pipeline.threadgroupBytes), compile_seconds: now() - began, cached: false)
        out.pointee = OpaquePointer(Unmanaged.passRetained(pipeline).toOpaque())
      }
    },
    run: { device, dispatch, message, messageBytes in
      answering(message, messageBytes) {
        guard let device, let dispatch else { throw Refusal(GPU_INVALID, "the dispatch is NULL") }
        try deviceOf(device).run(dispatch.pointee)
      }
    },
    free_buffer: { _, buffer in
      if let buffer { Unmanaged<Buffer>.fromOpaque(UnsafeRawPointer(buffer)).release() }
    },
    free_pipeline: { _, pipeline in
      if let pipeline { Unmanaged<Pipeline>.fromOpaque(UnsafeRawPointer(pipeline)).release() }
    })
}

private func deviceOf(_ device: OpaquePointer) -> Device {
  Unmanaged<Device>.fromOpaque(UnsafeRawPointer(device)).takeUnretainedValue()
}
