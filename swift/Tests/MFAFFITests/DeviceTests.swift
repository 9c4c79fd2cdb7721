import CDevice
import XCTest

@testable import MFAFFI

/// The six calls, as C sees them. Nothing here knows which Metal is below.
final class DeviceTests: XCTestCase {
  static let text = """
    #include <metal_stdlib>
    using namespace metal;
    constant uint times [[function_constant(0)]];
    kernel void count(device float *x [[buffer(0)]], constant float &by [[buffer(1)]], uint i [[thread_position_in_grid]]) {
      for (uint n = 0; n < times; n++) x[i] += by;
    }
    """

  func api() throws -> gpu_api {
    var message = [CChar](repeating: 0, count: 512)
    return try XCTUnwrap(mfaSwiftDevice(&message, message.count), said(message)).pointee
  }

  /// A compiled pipeline, or the status and text of the refusal.
  func compile(
    _ api: gpu_api, _ source: String = text, _ function: String = "count", times: UInt64? = 2, version: UInt32 = 0,
    maxThreads: UInt32 = 0
  ) -> (OpaquePointer?, gpu_pipeline_info, gpu_status, String) {
    var message = [CChar](repeating: 0, count: 4096), made: OpaquePointer?, info = gpu_pipeline_info()
    var constant = gpu_constant(name: nil, index: 0, type: GPU_UINT, bits: times ?? 0)
    let status = source.withCString { source in
      function.withCString { function in
        "here.metal".withCString { file in
          withUnsafePointer(to: &constant) { constant in
            var program = gpu_program(
              source: source, file: file, function: function, constants: constant, constant_count: times == nil ? 0 : 1,
              math: GPU_MATH_SAFE, language_version: version, max_threads: maxThreads)
            return api.compile(api.device, &program, &made, &info, &message, message.count)
          }
        }
      }
    }
    return (made, info, status, said(message))
  }

  func testDescribesItself() throws {
    let api = try api()
    var info = gpu_device_info()
    XCTAssertEqual(api.describe(api.device, &info), GPU_OK)
    XCTAssertEqual(api.abi, GPU_DEVICE_ABI)
    XCTAssertEqual(info.simd_width, 32)
    XCTAssertEqual(info.page_bytes, UInt64(getpagesize()))
    XCTAssertGreaterThanOrEqual(info.max_threads_per_threadgroup, 512)
    XCTAssertGreaterThanOrEqual(info.max_threadgroup_memory, 16384)
    XCTAssertNotEqual(info.name.0, 0)
  }

  func testRefusesWrongPrograms() throws {
    let api = try api()
    let table: [(String, String, (gpu_api) -> (OpaquePointer?, gpu_pipeline_info, gpu_status, String))] = [
      ("error in the text", "here.metal:2:", { self.compile($0, "kernel void k(device float *x) {\n *x = nowhere; }", "k", times: nil) }),
      ("no such function", "absent", { self.compile($0, Self.text, "absent") }),
      ("no value for a constant", "times", { self.compile($0, times: nil) }),
      ("no function named", "source and function", { self.compile($0, Self.text, "") }),
      ("version 7.77", "language version 777", { self.compile($0, version: 777) }),
      ("version 9.0", "language version 900", { self.compile($0, version: 900) }),
      ("2048 threads", "max_threads is 2048", { self.compile($0, maxThreads: 2048) }),
    ]
    for (name, text, body) in table {
      let (made, _, status, message) = body(api)
      XCTAssertNil(made, name)
      XCTAssertNotEqual(status, GPU_OK, name)
      XCTAssert(message.contains(text), "\(name): \(message)")
    }
  }

  /// A pipeline with its two bindings, run as `change` says.
  func run(
    _ api: gpu_api, _ pipeline: OpaquePointer?, _ memory: OpaquePointer?, seconds: inout [Double],
    _ change: (inout gpu_dispatch, inout [gpu_binding]) -> Void = { _, _ in }
  ) -> (gpu_status, String) {
    var message = [CChar](repeating: 0, count: 1024)
    let by = UnsafeMutablePointer<Float>.allocate(capacity: 2048)
    defer { by.deallocate() }
    by.update(repeating: 1, count: 2048)
    var bindings = [
      gpu_binding(kind: GPU_BIND_BUFFER, index: 0, buffer: memory, offset: 0, bytes: nil, length: 0),
      gpu_binding(kind: GPU_BIND_BYTES, index: 1, buffer: nil, offset: 0, bytes: by, length: 4),
    ]
    let status = seconds.withUnsafeMutableBufferPointer { seconds in
      var dispatch = gpu_dispatch(
        pipeline: pipeline, bindings: nil, binding_count: 0, grid: (70, 1, 1), threadgroup: (32, 1, 1),
        grid_in_threads: true, repeat: UInt32(seconds.count), deadline_seconds: 0, seconds: seconds.baseAddress)
      change(&dispatch, &bindings)
      return bindings.withUnsafeBufferPointer {
        dispatch.bindings = $0.baseAddress
        dispatch.binding_count = UInt32($0.count)
        return api.run(api.device, &dispatch, &message, message.count)
      }
    }
    return (status, said(message))
  }

  func testRunsInPlaceAndInOrder() throws {
    let api = try api()
    let (pipeline, info, status, message) = compile(api)
    XCTAssertEqual(status, GPU_OK, message)
    defer { api.free_pipeline(api.device, pipeline) }
    XCTAssertGreaterThan(info.compile_seconds, 0)
    let page = Int(getpagesize())
    let memory = UnsafeMutableRawPointer.allocate(byteCount: page, alignment: page)
    defer { memory.deallocate() }
    memory.initializeMemory(as: Float.self, repeating: 0, count: page / 4)
    var buffer: OpaquePointer?, contents: UnsafeMutableRawPointer?
    XCTAssertEqual(api.make_buffer(api.device, memory, 300, &buffer, &contents, nil, 0), GPU_OK)
    defer { api.free_buffer(api.device, buffer) }
    XCTAssertEqual(contents, memory, "wrapped, not copied")
    var seconds = [0.0, 0.0, 0.0]
    let (ran, text) = run(api, pipeline, buffer, seconds: &seconds)
    XCTAssertEqual(ran, GPU_OK, text)
    XCTAssert(seconds.allSatisfy { $0 > 0 }, "\(seconds)")
    let floats = memory.assumingMemoryBound(to: Float.self)
    XCTAssertEqual([floats[0], floats[69], floats[70]], [6, 6, 0], "3 runs of 2 over 70 threads")
  }

  func testRefusesWrongDispatches() throws {
    let api = try api()
    let (pipeline, _, status, message) = compile(api, maxThreads: 64)
    XCTAssertEqual(status, GPU_OK, message)
    defer { api.free_pipeline(api.device, pipeline) }
    var buffer: OpaquePointer?, contents: UnsafeMutableRawPointer?
    XCTAssertEqual(api.make_buffer(api.device, nil, 4096, &buffer, &contents, nil, 0), GPU_OK)
    defer { api.free_buffer(api.device, buffer) }
    let table: [(String, String, (inout gpu_dispatch, inout [gpu_binding]) -> Void)] = [
      ("unbound", "buffer 0 is named by the kernel", { _, bindings in bindings.removeFirst() }),
      ("twice", "bound twice", { _, bindings in bindings[1].index = 0 }),
      ("index", "indices are 0 to 30", { _, bindings in bindings[1].index = 31 }),
      ("offset", "beyond the buffer's 4096 bytes", { _, bindings in bindings[0].offset = 4096 }),
      ("bytes", "at most 4096", { _, bindings in bindings[1].length = 4097 }),
      ("threads", "maximum is 64", { dispatch, _ in dispatch.threadgroup = (65, 1, 1) }),
      ("overflow", "maximum is 64", { dispatch, _ in dispatch.threadgroup = (.max, .max, .max) }),
      ("empty grid", "is empty", { dispatch, _ in dispatch.grid = (1, 0, 1) }),
      ("large grid", "32 bits", { dispatch, _ in (dispatch.grid, dispatch.grid_in_threads) = ((.max, 1, 1), false) }),
      ("repeat", "repeat is 0", { dispatch, _ in dispatch.repeat = 0 }),
      ("deadline", "not a number", { dispatch, _ in dispatch.deadline_seconds = .nan }),
      ("local bytes", "a multiple of 16", { _, bindings in
        bindings.append(gpu_binding(kind: GPU_BIND_THREADGROUP, index: 0, buffer: nil, offset: 0, bytes: nil, length: 8))
      }),
      ("local memory", "of threadgroup memory; there are", { _, bindings in
        bindings.append(gpu_binding(kind: GPU_BIND_THREADGROUP, index: 0, buffer: nil, offset: 0, bytes: nil, length: 1 << 20))
      }),
    ]
    for (name, text, change) in table {
      var seconds = [0.0]
      let (status, message) = run(api, pipeline, buffer, seconds: &seconds, change)
      XCTAssertEqual(status, GPU_INVALID, name)
      XCTAssert(message.contains(text), "\(name): \(message)")
    }
    XCTAssert(contents?.load(as: Float.self) == 0, "a refused dispatch has run")
  }

  func testRefusesWrongBuffers() throws {
    let api = try api()
    let page = Int(getpagesize())
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 2 * page, alignment: page)
    defer { memory.deallocate() }
    let table: [(UnsafeMutableRawPointer?, UInt64, String)] = [
      (nil, 0, "0 bytes"), (memory + 8, 64, "not aligned"), (nil, 1 << 60, "at most"),
    ]
    for (pointer, bytes, text) in table {
      var message = [CChar](repeating: 0, count: 256), buffer: OpaquePointer?
      XCTAssertNotEqual(api.make_buffer(api.device, pointer, bytes, &buffer, nil, &message, message.count), GPU_OK)
      XCTAssertNil(buffer)
      XCTAssert(said(message).contains(text), said(message))
    }
  }

  func testTextsAreCutToTheirRoom() throws {
    let api = try api()
    var message = [CChar](repeating: 1, count: 8), buffer: OpaquePointer?
    XCTAssertEqual(api.make_buffer(api.device, nil, 0, &buffer, nil, &message, 4), GPU_INVALID)
    XCTAssertEqual(message[3], 0)
    XCTAssertEqual(message[4], 1)
  }
}
