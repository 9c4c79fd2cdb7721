import Metal
import XCTest

/// What Metal's validation layer stops a process for fails the command buffer here, before any of it has run.
final class RefusalTests: XCTestCase {
  func testWrongCommandsFailTheirCommandBuffer() throws {
    let fixture = try Fixture()
    let elsewhere = try Fixture()
    let table: [(String, String, (any MTLComputeCommandEncoder, any MTLBuffer) -> Void)] = [
      ("5 KB of bytes", "5120 bytes at index 1; 1 to 4096", { encoder, buffer in
        fixture.bind(encoder, buffer)
        encoder.setBytes([UInt8](repeating: 0, count: 5120), length: 5120, index: 1)
        encoder.dispatchThreads(size(4), threadsPerThreadgroup: size(4))
      }),
      ("index 31", "index 31; 0 to 30", { encoder, buffer in
        encoder.setBuffer(buffer, offset: 0, index: 31)
      }),
      ("offset at the end", "offset 16 at index 0; the buffer has 16", { encoder, buffer in
        encoder.setBuffer(buffer, offset: 16, index: 0)
      }),
      ("an empty threadgroup", "is empty", { encoder, buffer in
        fixture.bind(encoder, buffer)
        encoder.dispatchThreads(size(4), threadsPerThreadgroup: size(0))
      }),
      ("too many threads", "more threads than the pipeline's maximum", { encoder, buffer in
        fixture.bind(encoder, buffer)
        encoder.dispatchThreadgroups(size(1), threadsPerThreadgroup: size(1025))
      }),
      ("a negative grid", "32 bits each", { encoder, buffer in
        fixture.bind(encoder, buffer)
        encoder.dispatchThreadgroups(size(-1), threadsPerThreadgroup: size(4))
      }),
      ("17 bytes of threadgroup memory", "a multiple of 16", { encoder, _ in
        encoder.setThreadgroupMemoryLength(17, index: 0)
      }),
      ("too much threadgroup memory", "there are 32768", { encoder, buffer in
        fixture.bind(encoder, buffer)
        encoder.setThreadgroupMemoryLength(32784, index: 0)
        encoder.dispatchThreads(size(4), threadsPerThreadgroup: size(4))
      }),
      ("another device's buffer", "another device", { encoder, _ in
        fixture.bind(encoder, (try? elsewhere.floats([1, 2, 3, 4]))!)
        encoder.dispatchThreads(size(4), threadsPerThreadgroup: size(4))
      }),
      ("after endEncoding", "after endEncoding", { encoder, buffer in
        encoder.endEncoding()
        encoder.setBuffer(buffer, offset: 0, index: 0)
      }),
      ("an offset of nothing", "no buffer is bound at index 5", { encoder, _ in
        encoder.setBufferOffset(4, index: 5)
      }),
    ]
    for (name, text, body) in table {
      let buffer = try fixture.floats([1, 2, 3, 4])
      let commands = try fixture.run { encoder in
        body(encoder, buffer)
      }
      XCTAssertEqual(commands.status, .error, name)
      let said = commands.error?.localizedDescription ?? ""
      XCTAssert(said.contains(text), "\(name): \(said)")
      XCTAssertEqual(contents(buffer), [1, 2, 3, 4], name)
    }
  }

  func testASlotWithoutABufferFailsWhereItIsUsed() throws {
    let text = """
      kernel void k(device float *x [[buffer(0)]], device float *y [[buffer(1)]], constant bool &both [[buffer(2)]]) {
        x[0] = 1;
        if (both) y[0] = 1;
      }
      """
    var strict = MetalStandIn.Settings()
    strict.isStrict = true
    for (settings, both, said) in [
      (MetalStandIn.Settings(), false, nil), (MetalStandIn.Settings(), true, "nothing is bound to buffer 1"),
      (strict, false, "buffer 1 is named by the kernel and nothing is bound"),
    ] {
      let fixture = try Fixture(text, "k", settings: settings)
      let buffer = try fixture.floats([0])
      let commands = try fixture.run {
        var both = both
        $0.setBuffer(buffer, offset: 0, index: 0)
        $0.setBuffer(nil, offset: 0, index: 1)
        $0.setBytes(&both, length: 1, index: 2)
        $0.dispatchThreads(size(1), threadsPerThreadgroup: size(1))
      }
      XCTAssertEqual(commands.status, said == nil ? .completed : .error)
      let text = commands.error?.localizedDescription ?? ""
      if let said { XCTAssert(text.contains(said), text) }
      XCTAssertEqual(contents(buffer), [settings.isStrict ? 0 : 1])
    }
  }

  func testADispatchWithoutAPipelineIsRefused() throws {
    let fixture = try Fixture()
    let commands = try XCTUnwrap(fixture.queue.makeCommandBuffer())
    let encoder = try XCTUnwrap(commands.makeComputeCommandEncoder())
    encoder.dispatchThreads(size(1), threadsPerThreadgroup: size(1))
    encoder.endEncoding()
    commands.commit()
    commands.waitUntilCompleted()
    XCTAssertEqual((commands.error as? MTLCommandBufferError)?.code, .invalidResource)
  }

  func testUnalignedMemoryIsNotWrapped() throws {
    let fixture = try Fixture()
    let page = Int(getpagesize())
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 3 * page, alignment: page)
    defer { memory.deallocate() }
    for (offset, length, works) in [(0, page, true), (0, 2 * page, true), (16, page, false), (0, page - 4, false)] {
      let made = fixture.device.makeBuffer(bytesNoCopy: memory + offset, length: length)
      XCTAssertEqual(made != nil, works, "\(length) bytes at \(offset)")
      XCTAssertEqual(made?.contents(), works ? memory + offset : nil)
    }
  }

  func testFailingCompileThrowsWithTheDiagnostic() throws {
    let device = try XCTUnwrap(MTLCreateSystemDefaultDevice())
    XCTAssertThrowsError(try device.makeLibrary(source: "kernel void k(device float *x) {\n  *x = nowhere;\n}", options: nil)) {
      XCTAssertEqual(($0 as? MTLLibraryError)?.code, .compileFailure)
      XCTAssertEqual(($0 as NSError).domain, MTLLibraryErrorDomain)
      XCTAssertEqual(($0 as NSError).code, 3)
      XCTAssert($0.localizedDescription.contains("program_source:2:"), $0.localizedDescription)
      XCTAssert($0.localizedDescription.contains("nowhere"), $0.localizedDescription)
    }
  }

  func testADivergentBarrierFailsTheCommandAndNotTheProcess() throws {
    var settings = MetalStandIn.Settings()
    settings.ignoresSubmissionsAfterError = true
    let text = """
      #include <metal_stdlib>
      using namespace metal;
      kernel void k(device float *x [[buffer(0)]], uint i [[thread_position_in_threadgroup]]) {
        if (i < 3) threadgroup_barrier(mem_flags::mem_device);
        x[i] = 1;
        threadgroup_barrier(mem_flags::mem_device);
      }
      """
    let fixture = try Fixture(text, "k", settings: settings)
    let buffer = try fixture.floats([Float](repeating: 0, count: 64))
    func run() throws -> any MTLCommandBuffer {
      try fixture.run {
        $0.setBuffer(buffer, offset: 0, index: 0)
        $0.dispatchThreadgroups(size(1), threadsPerThreadgroup: size(64))
      }
    }
    XCTAssertEqual((try run().error as? MTLCommandBufferError)?.code, .internal)
    XCTAssertEqual((try run().error as? MTLCommandBufferError)?.code, .accessRevoked, "the queue is poisoned")
  }

  func testAKernelThatDoesNotEndIsStopped() throws {
    var settings = MetalStandIn.Settings()
    settings.timeout = 0.2
    let fixture = try Fixture(
      "kernel void k(device volatile int *x [[buffer(0)]]) { while (*x == 0) { } }", "k", settings: settings)
    let buffer = try fixture.floats([0])
    let commands = try fixture.run {
      $0.setBuffer(buffer, offset: 0, index: 0)
      $0.dispatchThreads(size(1), threadsPerThreadgroup: size(1))
    }
    XCTAssertEqual((commands.error as? MTLCommandBufferError)?.code, .timeout)
  }
}
