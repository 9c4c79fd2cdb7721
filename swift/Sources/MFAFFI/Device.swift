import CDevice
import Metal

/// One Metal device with one command queue, for the whole process. Safe from several threads: Metal's own objects are,
/// and what is ours is behind the lock.
final class Device: @unchecked Sendable {
  let metal: any MTLDevice
  let pageBytes = Int(getpagesize())

  private let lock = Lock()
  private var currentQueue: any MTLCommandQueue
  private var libraries: [LibraryKey: any MTLLibrary] = [:]

  init(_ metal: any MTLDevice) throws {
    guard let queue = metal.makeCommandQueue() else {
      throw Refusal(GPU_UNSUPPORTED, "\(metal.name) makes no command queue")
    }
    self.metal = metal
    currentQueue = queue
  }

  /// The machine's device, made at the first call. A failure is not remembered: the next call tries again.
  static func shared() throws -> Device {
    try sharedLock.hold {
      if let made = sharedDevice { return made }
      guard let metal = MTLCreateSystemDefaultDevice() else {
        throw Refusal(GPU_UNSUPPORTED, "this machine has no Metal device")
      }
      let made = try Device(metal)
      sharedDevice = made
      return made
    }
  }

  private static let sharedLock = Lock()
  nonisolated(unsafe) private static var sharedDevice: Device? // under sharedLock

  var queue: any MTLCommandQueue { lock.hold { currentQueue } }

  /// After an error Metal may ignore whatever else its queue is given, so the next command gets a new one.
  func replace(_ poisoned: any MTLCommandQueue) {
    lock.hold {
      if currentQueue === poisoned, let fresh = metal.makeCommandQueue() { currentQueue = fresh }
    }
  }

  /// What a library depends on.
  struct LibraryKey: Hashable {
    let source: String
    let math: UInt32
    let version: UInt
  }

  /// The library of a text, compiled once: a text has many functions, and each is asked for by itself. Two threads that
  /// ask for a new one at once both compile it, and one result is kept.
  func library(_ key: LibraryKey, _ make: () throws -> any MTLLibrary) throws -> any MTLLibrary {
    if let made = lock.hold({ libraries[key] }) { return made }
    let made = try make()
    return lock.hold {
      if let earlier = libraries[key] { return earlier }
      if libraries.count >= Self.mostLibraries { libraries.removeAll() }
      libraries[key] = made
      return made
    }
  }

  private static let mostLibraries = 16

  func describe(_ out: inout gpu_device_info) {
    let threads = metal.maxThreadsPerThreadgroup
    withUnsafeMutableBytes(of: &out.name) { fill($0, metal.name) }
    withUnsafeMutableBytes(of: &out.toolchain) { fill($0, "Metal, MSL 3.1 unless asked otherwise") }
    out.simd_width = 32 // of every Apple GPU; a pipeline that has another is refused
    out.max_threads_per_threadgroup = UInt32(threads.width)
    out.max_threadgroup_memory = UInt64(metal.maxThreadgroupMemoryLength)
    out.max_buffer_bytes = UInt64(metal.maxBufferLength)
    out.page_bytes = UInt64(pageBytes)
    out.deterministic = false // Metal promises no order between threadgroups
  }

  private func fill(_ room: UnsafeMutableRawBufferPointer, _ text: String) {
    write(text, to: room.baseAddress?.assumingMemoryBound(to: CChar.self), room.count)
  }
}
