// Memory from which buffers are taken, and what keeps it where the GPU can reach it.

/// What a residency set may hold: a resource or a heap.
public protocol MTLAllocation: AnyObject {
  var allocatedSize: Int { get }
}

public enum MTLHeapType: Int, Sendable {
  case automatic = 0
  case placement
  case sparse
}

public class MTLHeapDescriptor {
  public var size = 0
  public var storageMode = MTLStorageMode.private
  public var cpuCacheMode = MTLCPUCacheMode.defaultCache
  public var hazardTrackingMode = MTLHazardTrackingMode.default
  public var type = MTLHeapType.automatic
  /// The modes above, as the options of a resource.
  public var resourceOptions: MTLResourceOptions {
    get { MTLResourceOptions(rawValue: cpuCacheMode.rawValue | storageMode.rawValue << 4 | hazardTrackingMode.rawValue << 8) }
    set {
      cpuCacheMode = MTLCPUCacheMode(rawValue: newValue.rawValue & 15) ?? .defaultCache
      storageMode = MTLStorageMode(rawValue: newValue.rawValue >> 4 & 15) ?? .shared
      hazardTrackingMode = MTLHazardTrackingMode(rawValue: newValue.rawValue >> 8 & 3) ?? .default
    }
  }
  public init() {}
}

public struct MTLSizeAndAlign: Sendable {
  public var size: Int
  public var align: Int
  public init() { (size, align) = (0, 0) }
  public init(size: Int, align: Int) { (self.size, self.align) = (size, align) }
}

public protocol MTLHeap: MTLAllocation, Sendable {
  var label: String? { get set }
  var device: any MTLDevice { get }
  var storageMode: MTLStorageMode { get }
  var cpuCacheMode: MTLCPUCacheMode { get }
  var hazardTrackingMode: MTLHazardTrackingMode { get }
  var resourceOptions: MTLResourceOptions { get }
  var size: Int { get }
  var usedSize: Int { get }
  var currentAllocatedSize: Int { get }
  var type: MTLHeapType { get }
  func maxAvailableSize(alignment: Int) -> Int
  func makeBuffer(length: Int, options: MTLResourceOptions) -> (any MTLBuffer)?
  func makeBuffer(length: Int, options: MTLResourceOptions, offset: Int) -> (any MTLBuffer)?
  func setPurgeableState(_ state: MTLPurgeableState) -> MTLPurgeableState
}

extension MTLHeap {
  public func makeBuffer(length: Int) -> (any MTLBuffer)? { makeBuffer(length: length, options: resourceOptions) }
}

/// A buffer of an automatic heap is a buffer of its own, with guard pages, and the heap counts its bytes; buffers of a
/// placement heap are parts of one memory and may overlap.
final class HostHeap: MTLHeap, @unchecked Sendable {
  static let alignment = 256

  let host: HostDevice
  let size: Int
  let type: MTLHeapType
  let resourceOptions: MTLResourceOptions
  var label: String?
  private let used = Guarded(0)
  private let memory: HostBuffer? // of a placement heap

  init?(_ host: HostDevice, _ descriptor: MTLHeapDescriptor) {
    guard descriptor.size > 0, descriptor.type != .sparse else { return nil }
    self.host = host
    size = descriptor.size
    type = descriptor.type
    resourceOptions = descriptor.resourceOptions
    memory = type == .placement ? host.makeBuffer(length: size, options: resourceOptions) as? HostBuffer : nil
    if type == .placement, memory == nil { return nil }
  }

  var device: any MTLDevice { host }
  var storageMode: MTLStorageMode { MTLStorageMode(rawValue: resourceOptions.rawValue >> 4 & 15) ?? .shared }
  var cpuCacheMode: MTLCPUCacheMode { MTLCPUCacheMode(rawValue: resourceOptions.rawValue & 15) ?? .defaultCache }
  var hazardTrackingMode: MTLHazardTrackingMode { MTLHazardTrackingMode(rawValue: resourceOptions.rawValue >> 8 & 3) ?? .default }
  var allocatedSize: Int { size }
  var currentAllocatedSize: Int { size }
  var usedSize: Int { used.value }

  static func rounded(_ length: Int, _ alignment: Int = alignment) -> Int { (length + alignment - 1) / alignment * alignment }

  func maxAvailableSize(alignment: Int) -> Int {
    let free = size - Self.rounded(used.value, max(alignment, 1))
    return max(0, free)
  }

  func makeBuffer(length: Int, options: MTLResourceOptions) -> (any MTLBuffer)? {
    guard type == .automatic else {
      warn("makeBuffer(length: \(length)) without an offset, of a placement heap")
      return nil
    }
    let wanted = Self.rounded(length)
    var isIn = false
    used.change {
      isIn = length > 0 && wanted <= size - $0
      if isIn { $0 += wanted }
    }
    guard isIn else { return nil }
    let buffer = host.makeBuffer(of: self, length: length, options: options) { [used] in used.change { $0 -= wanted } }
    if buffer == nil { used.change { $0 -= wanted } }
    return buffer
  }

  func makeBuffer(length: Int, options: MTLResourceOptions, offset: Int) -> (any MTLBuffer)? {
    guard let memory, length > 0, offset >= 0, offset % Self.alignment == 0, offset <= size - length else {
      warn("makeBuffer(length: \(length), offset: \(offset)): bytes of a placement heap of \(size), at a multiple of \(Self.alignment), expected")
      return nil
    }
    return HostBuffer(partOf: memory, offset, length, options, heap: self)
  }

  func setPurgeableState(_ state: MTLPurgeableState) -> MTLPurgeableState { .nonVolatile }
}

// All memory is where it can be reached, so a set only remembers what is in it.

public class MTLResidencySetDescriptor {
  public var label: String?
  public var initialCapacity = 0
  public init() {}
}

public protocol MTLResidencySet: AnyObject, Sendable {
  var label: String? { get }
  var device: any MTLDevice { get }
  var allocatedSize: UInt64 { get }
  var allAllocations: [any MTLAllocation] { get }
  var allocationCount: Int { get }
  func requestResidency()
  func endResidency()
  func addAllocation(_ allocation: any MTLAllocation)
  func removeAllocation(_ allocation: any MTLAllocation)
  func removeAllAllocations()
  func containsAllocation(_ anAllocation: any MTLAllocation) -> Bool
  func commit()
}

extension MTLResidencySet {
  public func addAllocations(_ allocations: [any MTLAllocation]) { allocations.forEach(addAllocation) }
  public func removeAllocations(_ allocations: [any MTLAllocation]) { allocations.forEach(removeAllocation) }
}

/// What is added and removed counts once it is committed.
final class HostResidencySet: MTLResidencySet, @unchecked Sendable {
  let host: HostDevice
  let label: String?
  private let monitor = Monitor()
  private var committed: [any MTLAllocation] = []
  private var pending: [any MTLAllocation] = []

  init(_ host: HostDevice, _ descriptor: MTLResidencySetDescriptor) {
    self.host = host
    label = descriptor.label
  }

  var device: any MTLDevice { host }
  var allocatedSize: UInt64 { monitor.hold { UInt64(committed.reduce(0) { $0 + $1.allocatedSize }) } }
  var allAllocations: [any MTLAllocation] { monitor.hold { pending } }
  var allocationCount: Int { monitor.hold { pending.count } }
  func requestResidency() {}
  func endResidency() {}
  func addAllocation(_ allocation: any MTLAllocation) {
    monitor.hold { if !pending.contains(where: { $0 === allocation }) { pending.append(allocation) } }
  }
  func removeAllocation(_ allocation: any MTLAllocation) { monitor.hold { pending.removeAll { $0 === allocation } } }
  func removeAllAllocations() { monitor.hold { pending = [] } }
  func containsAllocation(_ allocation: any MTLAllocation) -> Bool { monitor.hold { pending.contains { $0 === allocation } } }
  func commit() { monitor.hold { committed = pending } }
}
