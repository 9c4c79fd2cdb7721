import Dispatch
import Metal
import XCTest

final class EventTests: XCTestCase {
  /// Two queues: what waits for an event sees what was written before it was signalled, whichever is committed first.
  func testAnEventOrdersTwoQueues() throws {
    for waitsFirst in [true, false] {
      let fixture = try Fixture()
      let other = try XCTUnwrap(fixture.device.makeCommandQueue())
      let event = try XCTUnwrap(fixture.device.makeEvent()), fence = try XCTUnwrap(fixture.device.makeFence())
      let source = try fixture.floats([1, 2, 3, 4]), target = try fixture.floats([0, 0, 0, 0])
      let write = try XCTUnwrap(fixture.queue.makeCommandBuffer()), read = try XCTUnwrap(other.makeCommandBuffer())
      let encoder = try XCTUnwrap(write.makeComputeCommandEncoder())
      encoder.setComputePipelineState(fixture.state)
      fixture.bind(encoder, source, by: 10)
      encoder.dispatchThreads(size(4), threadsPerThreadgroup: size(4))
      encoder.updateFence(fence)
      encoder.endEncoding()
      write.encodeSignalEvent(event, value: 5)
      read.encodeWaitForEvent(event, value: 5)
      let blit = try XCTUnwrap(read.makeBlitCommandEncoder())
      blit.waitForFence(fence)
      blit.copy(from: source, sourceOffset: 0, to: target, destinationOffset: 0, size: 16)
      blit.endEncoding()
      for commands in waitsFirst ? [read, write] : [write, read] { commands.commit() }
      read.waitUntilCompleted()
      XCTAssertNil(read.error)
      XCTAssertEqual(contents(target), [11, 12, 13, 14])
    }
  }

  func testAnEventThatNobodySignalsTimesOut() throws {
    var settings = MetalStandIn.Settings()
    settings.timeout = 0.05
    let device = try XCTUnwrap(MetalStandIn.makeDevice(settings))
    let commands = try XCTUnwrap(device.makeCommandQueue()?.makeCommandBuffer())
    commands.encodeWaitForEvent(try XCTUnwrap(device.makeEvent()), value: 1)
    commands.commit()
    commands.waitUntilCompleted()
    XCTAssertEqual((commands.error as? MTLCommandBufferError)?.code, .timeout)
  }

  func testASharedEventTellsWhoListens() throws {
    let device = try XCTUnwrap(MetalStandIn.makeDevice(.init()))
    let event = try XCTUnwrap(device.makeSharedEvent())
    let told = expectation(description: "at 3"), already = expectation(description: "at once")
    let listener = MTLSharedEventListener(dispatchQueue: DispatchQueue(label: "test"))
    event.notify(listener, atValue: 3) { _, value in
      XCTAssertEqual(value, 3)
      told.fulfill()
    }
    XCTAssertFalse(event.wait(untilSignaledValue: 3, timeoutMS: 20))
    let commands = try XCTUnwrap(device.makeCommandQueue()?.makeCommandBuffer())
    commands.encodeSignalEvent(event, value: 3)
    commands.commit()
    commands.waitUntilCompleted()
    event.notify(listener, atValue: 2) { _, _ in already.fulfill() }
    wait(for: [told, already], timeout: 60)
    XCTAssertTrue(event.wait(untilSignaledValue: 3, timeoutMS: 0))
  }

  func testPipelinesAreMadeMeanwhile() async throws {
    let device = try XCTUnwrap(MetalStandIn.makeDevice(.init()))
    let library = try await device.makeLibrary(source: addOne, options: nil)
    let descriptor = MTLFunctionDescriptor()
    descriptor.name = "add_one"
    descriptor.specializedName = "plus"
    let function = try library.makeFunction(descriptor: descriptor)
    XCTAssertEqual(function.name, "plus")
    let state = try await device.makeComputePipelineState(function: function)
    XCTAssertGreaterThan(state.maxTotalThreadsPerThreadgroup, 0)
    let (_, reflection) = try await device.makeComputePipelineState(function: function, options: .bindingInfo)
    XCTAssertEqual(reflection?.bindings.map(\.name), ["x", "by"])
    do {
      _ = try await device.makeLibrary(source: "kernel void f() { nothing(); }", options: nil)
      XCTFail("a text that does not compile")
    } catch let error as MTLLibraryError { XCTAssertEqual(error.code, .compileFailure) }
  }
}
