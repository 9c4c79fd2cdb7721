internal import Glibc

/// A mutex with a condition: what several threads share here goes through one.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    changed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  func hold<T>(_ body: () throws -> T) rethrows -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Waits, within hold, until the condition is true.
  func wait(until condition: () -> Bool) {
    while !condition() { pthread_cond_wait(changed, mutex) }
  }

  /// The same, for so many seconds at most: whether it became true.
  func wait(seconds limit: Double, until condition: () -> Bool) -> Bool {
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let nanoseconds = Double(end.tv_nsec) + min(max(limit, 0), 1e9) * 1e9
    end.tv_sec += Int(nanoseconds / 1e9)
    end.tv_nsec = Int(nanoseconds.truncatingRemainder(dividingBy: 1e9))
    while !condition() {
      if pthread_cond_timedwait(changed, mutex, &end) == ETIMEDOUT { return condition() }
    }
    return true
  }

  func wakeAll() { pthread_cond_broadcast(changed) }
}

/// A value behind a mutex.
final class Guarded<Value>: @unchecked Sendable {
  private let monitor = Monitor()
  private var stored: Value
  init(_ value: Value) { stored = value }
  var value: Value { monitor.hold { stored } }
  func change(_ body: (inout Value) -> Void) { monitor.hold { body(&stored) } }
}
