import XCTest

@testable import Scale

final class ScaleTests: XCTestCase {
  func testScales() throws {
    let began = CACurrentMediaTime()
    let values = (0..<100).map(Float.init)
    XCTAssertEqual(try Context().scale(values).values, values.map { $0 / 2 })
    XCTAssertEqual(try Context(doubled: true).scale(values, by: 3).values, values.map { $0 * 6 })
    XCTAssertGreaterThanOrEqual(CACurrentMediaTime(), began)
  }

  func testASlotWithoutABufferFailsWhereItIsUsed() throws {
    let context = try Context()
    XCTAssertThrowsError(try context.scale([1, 2, 3], by: -1)) {
      XCTAssert("\($0)".contains("nothing is bound to buffer 2"), "\($0)")
    }
    XCTAssertEqual(try context.scale([2]).values, [1], "and the next one works")
  }

  func testTheDeviceIsAsAsked() throws {
    let device = try Context().device
    let asked = ProcessInfo.processInfo.environment
    if let name = asked["ATTEST_METAL_NAME"] { XCTAssertEqual(device.name, name) }
    XCTAssertEqual(device.supportsFamily(.apple9), asked["ATTEST_METAL_FAMILY"] == "apple9")
    XCTAssertGreaterThan(coreCount(), 0)
  }

  func testTimeIsCountedFrom2001() {
    XCTAssertEqual(CFAbsoluteTimeGetCurrent(), Date().timeIntervalSinceReferenceDate, accuracy: 5)
  }

  func testAWrapThatIsRefused() throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    defer { memory.deallocate() }
    let device = try Context().device
    XCTAssertNil(device.makeBuffer(bytesNoCopy: memory, length: 64, options: [], deallocator: nil))
    let size: MTLSize = device.maxThreadsPerThreadgroup // Metal's names come with XCTest, as with Apple's
    XCTAssertGreaterThan(size.width, 0)
  }
}
