internal import Glibc

/// Apple's lock of 32 bits: 0 is free, 1 held. Who waits sleeps, on one condition that all of them share.
public struct os_unfair_lock_s: Sendable {
  public var _os_unfair_lock_opaque: UInt32 = 0
  public init() {}
  public init(_os_unfair_lock_opaque: UInt32) { self._os_unfair_lock_opaque = _os_unfair_lock_opaque }
}
public typealias os_unfair_lock = os_unfair_lock_s
public typealias os_unfair_lock_t = UnsafeMutablePointer<os_unfair_lock_s>

private struct Waiting: @unchecked Sendable {
  let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  let freed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  init() {
    mutex.initialize(to: pthread_mutex_t())
    freed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(freed, nil)
  }
}
private let waiting = Waiting()

public func os_unfair_lock_lock(_ lock: os_unfair_lock_t) {
  pthread_mutex_lock(waiting.mutex)
  while lock.pointee._os_unfair_lock_opaque != 0 { pthread_cond_wait(waiting.freed, waiting.mutex) }
  lock.pointee._os_unfair_lock_opaque = 1
  pthread_mutex_unlock(waiting.mutex)
}

public func os_unfair_lock_trylock(_ lock: os_unfair_lock_t) -> Bool {
  pthread_mutex_lock(waiting.mutex)
  defer { pthread_mutex_unlock(waiting.mutex) }
  guard lock.pointee._os_unfair_lock_opaque == 0 else { return false }
  lock.pointee._os_unfair_lock_opaque = 1
  return true
}

public func os_unfair_lock_unlock(_ lock: os_unfair_lock_t) {
  pthread_mutex_lock(waiting.mutex)
  lock.pointee._os_unfair_lock_opaque = 0
  pthread_cond_broadcast(waiting.freed)
  pthread_mutex_unlock(waiting.mutex)
}

/// A lock with what it protects, in memory of its own.
public struct OSAllocatedUnfairLock<State>: @unchecked Sendable {
  private final class Storage: @unchecked Sendable {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    var state: State
    init(_ state: State) {
      self.state = state
      mutex.initialize(to: pthread_mutex_t())
      pthread_mutex_init(mutex, nil)
    }
    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }
  }
  private let storage: Storage

  public init(uncheckedState initialState: State) { storage = Storage(initialState) }
  public init(initialState: State) where State: Sendable { storage = Storage(initialState) }

  public func withLockUnchecked<R>(_ body: (inout State) throws -> R) rethrows -> R {
    pthread_mutex_lock(storage.mutex)
    defer { pthread_mutex_unlock(storage.mutex) }
    return try body(&storage.state)
  }

  public func withLock<R: Sendable>(_ body: @Sendable (inout State) throws -> R) rethrows -> R { try withLockUnchecked(body) }

  public func withLockIfAvailableUnchecked<R>(_ body: (inout State) throws -> R) rethrows -> R? {
    guard pthread_mutex_trylock(storage.mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(storage.mutex) }
    return try body(&storage.state)
  }

  public func withLockIfAvailable<R: Sendable>(_ body: @Sendable (inout State) throws -> R) rethrows -> R? {
    try withLockIfAvailableUnchecked(body)
  }
}

extension OSAllocatedUnfairLock where State == Void {
  public init() { self.init(uncheckedState: ()) }
  public func lock() { pthread_mutex_lock(storageMutex) }
  public func unlock() { pthread_mutex_unlock(storageMutex) }
  public func lockIfAvailable() -> Bool { pthread_mutex_trylock(storageMutex) == 0 }
  public func withLock<R: Sendable>(_ body: @Sendable () throws -> R) rethrows -> R { try withLockUnchecked { _ in try body() } }
  public func withLockUnchecked<R>(_ body: () throws -> R) rethrows -> R { try withLockUnchecked { (_: inout Void) in try body() } }
}

extension OSAllocatedUnfairLock {
  fileprivate var storageMutex: UnsafeMutablePointer<pthread_mutex_t> { storage.mutex }
}
