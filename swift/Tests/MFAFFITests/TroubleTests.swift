#if os(Linux) // the stand-in can be told to misbehave; a GPU cannot
import CDevice
import Dispatch
import Metal
import XCTest

@testable import MFAFFI

final class TroubleTests: XCTestCase {
  static let text = """
    #include <metal_stdlib>
    using namespace metal;
    kernel void divergent(device float *x [[buffer(0)]], uint i [[thread_position_in_threadgroup]]) {
      if (i < 3) threadgroup_barrier(mem_flags::mem_device);
      x[i] += 1;
      threadgroup_barrier(mem_flags::mem_device);
    }
    kernel void right(device float *x [[buffer(0)]], uint i [[thread_position_in_threadgroup]]) { x[i] += 1; }
    """

  struct Kernel {
    let api: gpu_api
    let pipeline: OpaquePointer
    let buffer: OpaquePointer
    let contents: UnsafeMutablePointer<Float>

    init(_ device: Device, _ function: String) throws {
      api = makeCalls(device)
      var program = gpu_program()
      program.math = GPU_MATH_SAFE
      let made = try TroubleTests.text.withCString { text in
        try function.withCString { function in
          program.source = text
          program.function = function
          return try device.compile(program)
        }
      }
      pipeline = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
      let memory = try device.makeBuffer(nil, 4096)
      contents = memory.metal.contents().assumingMemoryBound(to: Float.self)
      buffer = OpaquePointer(Unmanaged.passRetained(memory).toOpaque())
    }

    func run(deadline: Double = 0) -> (gpu_status, String) {
      var message = [CChar](repeating: 0, count: 1024)
      var binding = gpu_binding(kind: GPU_BIND_BUFFER, index: 0, buffer: buffer, offset: 0, bytes: nil, length: 0)
      let status = withUnsafePointer(to: &binding) { binding in
        var dispatch = gpu_dispatch(
          pipeline: pipeline, bindings: binding, binding_count: 1, grid: (1, 1, 1), threadgroup: (64, 1, 1),
          grid_in_threads: false, repeat: 1, deadline_seconds: deadline, seconds: nil)
        return api.run(api.device, &dispatch, &message, message.count)
      }
      return (status, said(message))
    }

    func free() {
      api.free_buffer(api.device, buffer)
      api.free_pipeline(api.device, pipeline)
    }
  }

  func testAPoisonedQueueIsReplaced() throws {
    var settings = MetalStandIn.Settings()
    settings.ignoresSubmissionsAfterError = true
    let device = try Device(XCTUnwrap(MetalStandIn.makeDevice(settings)))
    let wrong = try Kernel(device, "divergent"), right = try Kernel(device, "right")
    defer { wrong.free(); right.free() }
    for round in 1...3 {
      let (status, message) = wrong.run()
      XCTAssertEqual(status, GPU_EXECUTION)
      XCTAssert(message.contains("divergent"), message)
      XCTAssertFalse(message.contains("ignored"), message)
      let (after, text) = right.run()
      XCTAssertEqual(after, GPU_OK, text)
      XCTAssertEqual(right.contents[63], Float(round))
    }
  }

  func testALateEndIsAnError() throws {
    let device = try Device(XCTUnwrap(MetalStandIn.makeDevice(.init())))
    let right = try Kernel(device, "right")
    defer { right.free() }
    let (status, message) = right.run(deadline: 1e-9)
    XCTAssertEqual(status, GPU_EXECUTION)
    XCTAssert(message.contains("beyond its deadline"), message)
    XCTAssertEqual(right.contents[0], 1, "it has run to its end nevertheless")
  }

  func testManyThreadsAtOnce() throws {
    let device = try Device(XCTUnwrap(MetalStandIn.makeDevice(.init())))
    let kernels = try (0..<6).map { _ in try Kernel(device, "right") }
    DispatchQueue.concurrentPerform(iterations: kernels.count) { i in
      for _ in 0..<100 {
        let (status, message) = kernels[i].run()
        XCTAssertEqual(status, GPU_OK, message)
      }
    }
    for kernel in kernels {
      XCTAssertEqual(kernel.contents[63], 100)
      kernel.free()
    }
  }
}
extension TroubleTests.Kernel: @unchecked Sendable {}
#endif
