// What Apple's Metal hands on to whoever imports it, as far as compute code leans on it.
#if ATTEST_METAL_FOUNDATION
@_exported import Foundation
#endif
@_exported import Glibc

#if !ATTEST_METAL_FOUNDATION
public typealias CFTimeInterval = Double
public typealias TimeInterval = Double
#else
public typealias CFTimeInterval = Double
#endif

/// Objective-C's pool has nothing to do here: Swift counts references.
public func autoreleasepool<Result>(invoking body: () throws -> Result) rethrows -> Result { try body() }

/// Says on standard error what Metal's validation layer would stop the process for.
func warn(_ text: String) {
  let line = Array("Metal: \(text)\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
