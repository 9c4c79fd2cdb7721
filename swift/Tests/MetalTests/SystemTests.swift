import Dispatch
import XCTest
import os
import simd

final class SystemTests: XCTestCase {
  func testAnUnfairLockLetsOneIn() {
    let lock = UnsafeMutablePointer<os_unfair_lock>.allocate(capacity: 1)
    lock.initialize(to: os_unfair_lock())
    defer { lock.deallocate() }
    nonisolated(unsafe) let shared = lock
    nonisolated(unsafe) var count = 0
    let counted = OSAllocatedUnfairLock(initialState: 0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<500 {
        os_unfair_lock_lock(shared)
        count += 1
        os_unfair_lock_unlock(shared)
        counted.withLock { $0 += 1 }
      }
    }
    XCTAssertEqual(count, 4000)
    XCTAssertEqual(counted.withLock { $0 }, 4000)
    XCTAssertTrue(os_unfair_lock_trylock(lock))
    XCTAssertFalse(os_unfair_lock_trylock(lock))
    let plain = OSAllocatedUnfairLock()
    plain.lock()
    XCTAssertFalse(plain.lockIfAvailable())
    plain.unlock()
  }

  func testMessagesReadAsWritten() {
    let message: OSLogMessage = "n \(7, privacy: .public) of \(255, format: .hex), \(0.5, format: .fixed(precision: 2)) \("x", privacy: .private)"
    XCTAssertEqual("\(message)", "OSLogMessage(text: \"n 7 of ff, 0.50 x\")")
    Logger(subsystem: "attest", category: "test").debug("not shown \(1)")
    os_log("%{public}d of %d", log: .disabled, type: .error, 1, 2)
    XCTAssertEqual(OSSignposter().withIntervalSignpost("work") { 3 }, 3)
  }

  func testVectorsAndMatrices() {
    let x = simd_float3(1, 2, 3), y = simd_float3(4, 5, 6)
    XCTAssertEqual(simd_dot(x, y), 32)
    XCTAssertEqual(simd_cross(x, y), simd_float3(-3, 6, -3))
    XCTAssertEqual(simd_length(simd_float2(3, 4)), 5)
    XCTAssertEqual(simd.max(x, simd_float3(2, 2, 2)), simd_float3(2, 2, 3))
    let m = simd_float2x2(columns: (SIMD2(1, 2), SIMD2(3, 4)))
    XCTAssertEqual(m * SIMD2(1, 10), SIMD2(31, 42))
    XCTAssertEqual(m.transpose, simd_float2x2(rows: [SIMD2(1, 2), SIMD2(3, 4)]))
    XCTAssertEqual(m * matrix_identity_float2x2, m)
    XCTAssertEqual((m * m)[1, 0], 15)
  }
}
