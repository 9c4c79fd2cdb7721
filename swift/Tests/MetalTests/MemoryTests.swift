import Metal
import XCTest

final class MemoryTests: XCTestCase {
  private let device = MetalStandIn.makeDevice(.init())!

  private func heap(_ bytes: Int, _ type: MTLHeapType = .automatic) throws -> any MTLHeap {
    let descriptor = MTLHeapDescriptor()
    descriptor.size = bytes
    descriptor.type = type
    descriptor.storageMode = .shared
    return try XCTUnwrap(device.makeHeap(descriptor: descriptor))
  }

  func testAHeapGivesWhatItHas() throws {
    let need = device.heapBufferSizeAndAlign(length: 1000, options: .storageModeShared)
    XCTAssertGreaterThanOrEqual(need.size, 1000)
    let heap = try heap(2 * need.size)
    XCTAssertEqual(heap.storageMode, .shared)
    var first = heap.makeBuffer(length: 1000)
    let second = try XCTUnwrap(heap.makeBuffer(length: 1000, options: .storageModeShared))
    XCTAssertTrue(second.heap === heap)
    XCTAssertNil(heap.makeBuffer(length: 1), "it is full")
    XCTAssertEqual(heap.usedSize, 2 * need.size)
    XCTAssertEqual(heap.maxAvailableSize(alignment: 256), 0)
    first = nil
    _ = first
    XCTAssertNotNil(heap.makeBuffer(length: 1000), "the first buffer's bytes are free again")
  }

  func testBuffersOfAPlacementHeapShareItsMemory() throws {
    let heap = try heap(4096, .placement)
    let a = try XCTUnwrap(heap.makeBuffer(length: 512, options: .storageModeShared, offset: 0))
    let b = try XCTUnwrap(heap.makeBuffer(length: 256, options: .storageModeShared, offset: 256))
    XCTAssertEqual(b.heapOffset, 256)
    a.contents().storeBytes(of: 7, toByteOffset: 256, as: Float.self)
    XCTAssertEqual(b.contents().load(as: Float.self), 7)
    XCTAssertNil(heap.makeBuffer(length: 256, options: .storageModeShared, offset: 4096))
    XCTAssertNil(heap.makeBuffer(length: 256, options: .storageModeShared, offset: 3))
  }

  func testAKernelWritesIntoAHeapsBuffer() throws {
    let fixture = try Fixture()
    let descriptor = MTLHeapDescriptor()
    descriptor.size = 4096
    descriptor.type = .placement
    descriptor.resourceOptions = .storageModeShared
    let heap = try XCTUnwrap(fixture.device.makeHeap(descriptor: descriptor))
    let buffer = try XCTUnwrap(heap.makeBuffer(length: 16, options: .storageModeShared, offset: 512))
    let commands = try fixture.run {
      $0.useHeap(heap)
      fixture.bind($0, buffer, by: 3)
      $0.dispatchThreads(size(4), threadsPerThreadgroup: size(4))
    }
    XCTAssertNil(commands.error)
    XCTAssertEqual(contents(buffer), [3, 3, 3, 3])
  }

  func testAResidencySetHoldsWhatWasAdded() throws {
    let set = try device.makeResidencySet(descriptor: MTLResidencySetDescriptor())
    let buffer = try XCTUnwrap(device.makeBuffer(length: 100)), heap = try heap(4096)
    set.addAllocations([buffer, heap, buffer])
    XCTAssertEqual(set.allocationCount, 2)
    XCTAssertTrue(set.containsAllocation(heap))
    XCTAssertEqual(set.allocatedSize, 0, "not before it is committed")
    set.commit()
    XCTAssertEqual(set.allocatedSize, UInt64(buffer.allocatedSize + 4096))
    set.removeAllocation(buffer)
    XCTAssertFalse(set.containsAllocation(buffer))
    let queue = try XCTUnwrap(device.makeCommandQueue(descriptor: MTLCommandQueueDescriptor()))
    queue.addResidencySet(set)
    queue.removeResidencySets([set])
  }
}
