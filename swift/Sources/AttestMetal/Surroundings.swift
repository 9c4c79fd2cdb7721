// What compute code leans on beside Metal, and what Apple's frameworks bring with them wherever one is imported.
internal import Glibc
#if ATTEST_METAL_FOUNDATION
import Foundation
#else
public typealias TimeInterval = Double
#endif

public typealias CFTimeInterval = Double
public typealias CFAbsoluteTime = CFTimeInterval

/// Seconds since 1 January 2001, UTC, by the clock that users set. Core Foundation's own wins where it is imported.
@_disfavoredOverload
public func CFAbsoluteTimeGetCurrent() -> CFAbsoluteTime {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec - 978_307_200) + Double(time.tv_nsec) * 1e-9
}

/// Seconds since the machine started, by a clock that only goes forward. Core Animation's.
public func CACurrentMediaTime() -> CFTimeInterval { seconds() }

/// Objective-C's pool has nothing to do here: Swift counts references.
public func autoreleasepool<Result>(invoking body: () throws -> Result) rethrows -> Result { try body() }

private let warned = Guarded(Set<String>())

/// The same, once for each text: a program that looks at no errors fails a thousand times in the same way.
func warnOnce(_ text: String) {
  var isNew = false
  warned.change { isNew = $0.count < 100 && $0.insert(text).inserted }
  if isNew { warn(text) }
}

/// Says on standard error what Metal's validation layer would stop the process for.
func warn(_ text: String) {
  let line = Array("Metal: \(text)\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
