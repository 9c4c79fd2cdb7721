import Dispatch
import Metal
import XCTest

final class QueueTests: XCTestCase {
  func testDispatchesRunInOrderWithEdgeThreadgroups() throws {
    let fixture = try Fixture()
    let buffer = try fixture.floats([Float](repeating: 0, count: 70))
    let commands = try fixture.run {
      fixture.bind($0, buffer)
      for _ in 0..<3 { $0.dispatchThreads(size(67), threadsPerThreadgroup: size(32)) }
      fixture.bind($0, buffer, by: 10)
      $0.dispatchThreadgroups(size(1), threadsPerThreadgroup: size(2))
    }
    XCTAssertEqual(commands.status, .completed)
    XCTAssertGreaterThan(commands.gpuEndTime, commands.gpuStartTime)
    XCTAssertEqual(contents(buffer), [13, 13] + [Float](repeating: 3, count: 65) + [0, 0, 0])
  }

  func testBlitAndIndirectGrids() throws {
    let fixture = try Fixture()
    let buffer = try fixture.floats([1, 2, 3, 4, 5, 6, 7, 8]), other = try fixture.floats([0, 0, 0, 0])
    let grid = try XCTUnwrap(fixture.device.makeBuffer(bytes: [UInt32](arrayLiteral: 9, 2, 1, 1), length: 16))
    let commands = try XCTUnwrap(fixture.queue.makeCommandBuffer())
    let blit = try XCTUnwrap(commands.makeBlitCommandEncoder())
    blit.copy(from: buffer, sourceOffset: 4, to: other, destinationOffset: 8, size: 8)
    blit.fill(buffer: buffer, range: 0..<4, value: 0)
    blit.endEncoding()
    let encoder = try XCTUnwrap(commands.makeComputeCommandEncoder())
    encoder.setComputePipelineState(fixture.state)
    fixture.bind(encoder, buffer)
    encoder.dispatchThreadgroups(indirectBuffer: grid, indirectBufferOffset: 4, threadsPerThreadgroup: size(2))
    encoder.endEncoding()
    commands.commit()
    commands.waitUntilCompleted()
    XCTAssertNil(commands.error)
    XCTAssertEqual(contents(other), [0, 0, 2, 3])
    XCTAssertEqual(contents(buffer), [1, 3, 4, 5, 5, 6, 7, 8])
  }

  func testCompletedHandlersRunAndMayCommitAndWait() throws {
    let fixture = try Fixture()
    nonisolated(unsafe) let buffer = try fixture.floats([0]) // one command buffer at a time uses it
    let done = expectation(description: "both handlers")
    let first = try XCTUnwrap(fixture.queue.makeCommandBuffer())
    encode(fixture, first, buffer)
    first.addCompletedHandler { ended in
      XCTAssertEqual(ended.status, .completed)
      guard let second = fixture.queue.makeCommandBuffer() else { return XCTFail("no second command buffer") }
      encode(fixture, second, buffer)
      second.commit()
      second.waitUntilCompleted()
      XCTAssertEqual(second.status, .completed)
      done.fulfill()
    }
    first.commit()
    wait(for: [done], timeout: 60)
    XCTAssertEqual(contents(buffer), [2])
  }

  func testCompletedIsAwaited() async throws {
    let fixture = try Fixture()
    let buffer = try fixture.floats([0])
    for _ in 0..<2 {
      let commands = try XCTUnwrap(fixture.queue.makeCommandBuffer())
      encode(fixture, commands, buffer)
      commands.commit()
      await commands.scheduled()
      await commands.completed()
      await commands.completed() // it has
      XCTAssertEqual(commands.status, .completed)
    }
    XCTAssertEqual(contents(buffer), [2])
  }

  func testEnqueueKeepsAPlace() throws {
    let fixture = try Fixture("kernel void k(device float *x [[buffer(0)]], constant float &by [[buffer(1)]]) { *x = *x * 10 + by; }", "k")
    let buffer = try fixture.floats([0])
    let first = try XCTUnwrap(fixture.queue.makeCommandBuffer()), second = try XCTUnwrap(fixture.queue.makeCommandBuffer())
    encode(fixture, second, buffer, by: 2)
    encode(fixture, first, buffer, by: 1)
    first.enqueue()
    second.commit()
    XCTAssertEqual(second.status, .committed)
    first.commit()
    second.waitUntilCompleted()
    XCTAssertEqual(contents(buffer), [12])
  }

  func testManyThreadsAndQueues() throws {
    let fixture = try Fixture()
    let count = 8, rounds = 50
    nonisolated(unsafe) let buffers = try (0..<count).map { _ in try fixture.floats([Float](repeating: 0, count: 100)) }
    let queues = try (0..<2).map { _ in try XCTUnwrap(fixture.device.makeCommandQueue()) }
    DispatchQueue.concurrentPerform(iterations: count) { i in
      for _ in 0..<rounds {
        guard let commands = queues[i % 2].makeCommandBuffer() else { return XCTFail("no command buffer") }
        encode(fixture, commands, buffers[i], threads: 100)
        commands.commit()
        commands.waitUntilCompleted()
        XCTAssertNil(commands.error)
      }
    }
    for buffer in buffers { XCTAssertEqual(contents(buffer), [Float](repeating: Float(rounds), count: 100)) }
  }

  func testBuffersCountAndTheirDeallocatorRuns() throws {
    let fixture = try Fixture()
    let page = Int(getpagesize())
    let before = fixture.device.currentAllocatedSize
    let memory = UnsafeMutableRawPointer.allocate(byteCount: page, alignment: page)
    let freed = expectation(description: "deallocator")
    do {
      let buffer = fixture.device.makeBuffer(bytesNoCopy: memory, length: page) { pointer, length in
        XCTAssertEqual(length, page)
        pointer.deallocate()
        freed.fulfill()
      }
      XCTAssertEqual(buffer?.length, page)
      XCTAssertEqual(fixture.device.currentAllocatedSize, before + page)
    }
    wait(for: [freed], timeout: 10)
    XCTAssertEqual(fixture.device.currentAllocatedSize, before)
  }
}

private func encode(
  _ fixture: Fixture, _ commands: any MTLCommandBuffer, _ buffer: any MTLBuffer, by: Float = 1, threads: Int = 1
) {
  guard let encoder = commands.makeComputeCommandEncoder() else { return XCTFail("no encoder") }
  encoder.setComputePipelineState(fixture.state)
  fixture.bind(encoder, buffer, by: by)
  encoder.dispatchThreads(size(threads), threadsPerThreadgroup: size(32))
  encoder.endEncoding()
}
