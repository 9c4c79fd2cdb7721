// Of I/O Kit, the look-up by which programs on macOS learn how many cores the GPU has. The registry here has one entry:
// an AGXAccelerator with the property gpu-core-count, which is the number of the device's threads.
//
// Core Foundation's types come with Apple's IOKit. Here a CFString is a String, for `as CFString` to hold; the other
// types are only what this look-up needs.
internal import Foundation
import AttestMetal

public typealias kern_return_t = Int32
public typealias mach_port_t = UInt32
public typealias io_object_t = mach_port_t
public typealias io_iterator_t = io_object_t
public typealias io_registry_entry_t = io_object_t
public typealias io_service_t = io_object_t
public typealias IOOptionBits = UInt32
public typealias CFString = String
public typealias CFTypeRef = AnyObject
public typealias CFMutableDictionary = MatchingDictionary
public typealias CFAllocator = AnyObject

public let KERN_SUCCESS: kern_return_t = 0
public let MACH_PORT_NULL: Int32 = 0
public let IO_OBJECT_NULL: io_object_t = 0
public let kIOMainPortDefault: mach_port_t = 0
public let kIOMasterPortDefault: mach_port_t = 0
public let kIOServicePlane = "IOService"
public let kIORegistryIterateRecursively: IOOptionBits = 1
public let kIORegistryIterateParents: IOOptionBits = 2
public var kCFAllocatorDefault: CFAllocator? { nil }

/// What to look for.
public final class MatchingDictionary: Sendable {
  let className: String
  init(_ className: String) { self.className = className }
}

private let accelerator: io_object_t = 2 // the one entry; iterators come after 16

public func IOServiceMatching(_ name: String) -> CFMutableDictionary! { MatchingDictionary(name) }

public func IOServiceGetMatchingService(_ mainPort: mach_port_t, _ matching: CFMutableDictionary!) -> io_service_t {
  matching.className == "AGXAccelerator" || matching.className == "IOAccelerator" ? accelerator : IO_OBJECT_NULL
}

public func IOServiceGetMatchingServices(
  _ mainPort: mach_port_t, _ matching: CFMutableDictionary!, _ existing: UnsafeMutablePointer<io_iterator_t>!
) -> kern_return_t {
  let found = IOServiceGetMatchingService(mainPort, matching) != IO_OBJECT_NULL
  existing.pointee = Iterators.shared.make(found ? [accelerator] : [])
  return KERN_SUCCESS
}

public func IOIteratorNext(_ iterator: io_iterator_t) -> io_object_t { Iterators.shared.next(iterator) }

@discardableResult
public func IOObjectRelease(_ object: io_object_t) -> kern_return_t {
  Iterators.shared.end(object)
  return KERN_SUCCESS
}

public func IORegistryEntrySearchCFProperty(
  _ entry: io_registry_entry_t, _ plane: String, _ key: CFString!, _ allocator: CFAllocator!, _ options: IOOptionBits
) -> CFTypeRef! {
  guard entry == accelerator, key == "gpu-core-count" else { return nil }
  return CFNumber(Int64(MetalStandIn.coreCount))
}

public func IORegistryEntryCreateCFProperty(
  _ entry: io_registry_entry_t, _ key: CFString!, _ allocator: CFAllocator!, _ options: IOOptionBits
) -> Unmanaged<CFTypeRef>! {
  IORegistryEntrySearchCFProperty(entry, kIOServicePlane, key, allocator, options).map { Unmanaged.passRetained($0) }
}

/// What iterators have still to give.
private final class Iterators: @unchecked Sendable {
  static let shared = Iterators()
  private let lock = NSLock()
  private var rest: [io_iterator_t: [io_object_t]] = [:]
  private var last: io_iterator_t = 16

  func make(_ entries: [io_object_t]) -> io_iterator_t {
    lock.withLock {
      last += 1
      rest[last] = entries
      return last
    }
  }

  func next(_ iterator: io_iterator_t) -> io_object_t {
    lock.withLock {
      guard let entries = rest[iterator], let first = entries.first else { return IO_OBJECT_NULL }
      rest[iterator] = Array(entries.dropFirst())
      return first
    }
  }

  func end(_ iterator: io_iterator_t) { lock.withLock { rest[iterator] = nil } }
}
