internal import CDevice
internal import Glibc

final class HostBuffer: MTLBuffer, @unchecked Sendable {
  let host: HostDevice
  let handle: OpaquePointer
  let length: Int
  let resourceOptions: MTLResourceOptions
  var label: String?
  private let memory: UnsafeMutableRawPointer
  let heap: (any MTLHeap)?
  let heapOffset: Int
  private let whole: HostBuffer?
  private let aliasable = Guarded(false)
  private let ended: (UnsafeMutableRawPointer, Int) -> Void

  init(
    _ host: HostDevice, _ handle: OpaquePointer, _ memory: UnsafeMutableRawPointer, _ length: Int,
    _ options: MTLResourceOptions, heap: (any MTLHeap)? = nil,
    ended: @escaping (UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.heap = heap
    heapOffset = 0
    whole = nil
    self.host = host
    self.handle = handle
    self.memory = memory
    self.length = length
    self.ended = ended
    resourceOptions = options
  }

  /// A part of another buffer, which it keeps alive.
  init(partOf whole: HostBuffer, _ offset: Int, _ length: Int, _ options: MTLResourceOptions, heap: any MTLHeap) {
    host = whole.host
    handle = whole.handle
    memory = whole.memory + offset
    self.length = length
    self.heap = heap
    heapOffset = offset
    self.whole = whole
    ended = { _, _ in }
    resourceOptions = options
  }

  /// Where it begins in what the handle stands for.
  var base: Int { whole == nil ? 0 : heapOffset }

  deinit {
    if whole == nil { host.calls.free_buffer(host.calls.device, handle) }
    ended(memory, length)
  }

  var device: any MTLDevice { host }
  var cpuCacheMode: MTLCPUCacheMode { MTLCPUCacheMode(rawValue: resourceOptions.rawValue & 15) ?? .defaultCache }
  var storageMode: MTLStorageMode { MTLStorageMode(rawValue: resourceOptions.rawValue >> 4 & 15) ?? .shared }
  var hazardTrackingMode: MTLHazardTrackingMode { MTLHazardTrackingMode(rawValue: resourceOptions.rawValue >> 8 & 3) ?? .default }
  var allocatedSize: Int {
    let page = Int(getpagesize())
    return (length + page - 1) / page * page
  }
  var gpuAddress: UInt64 { UInt64(UInt(bitPattern: memory)) }

  /// Also of private storage, which Apple's Metal does not show: memory is one here.
  func contents() -> UnsafeMutableRawPointer { memory }

  /// Nothing to do: both sides see the same memory.
  func didModifyRange(_ range: Range<Int>) {}
  /// Of a heap's buffer, whose bytes the heap keeps until the buffer is gone: it may be told that they are free again.
  func makeAliasable() { if heap != nil { aliasable.change { $0 = true } } }
  func isAliasable() -> Bool { aliasable.value }
  func setPurgeableState(_ state: MTLPurgeableState) -> MTLPurgeableState { .nonVolatile }
}
