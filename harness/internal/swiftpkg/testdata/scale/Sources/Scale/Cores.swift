import Metal

#if os(macOS)
import IOKit

func findCores() -> Int {
  var iterator: io_iterator_t = 0
  guard IOServiceGetMatchingServices(kIOMainPortDefault, IOServiceMatching("AGXAccelerator"), &iterator) == 0 else { return 0 }
  let entry = IOIteratorNext(iterator)
  IOObjectRelease(iterator)
  if entry == MACH_PORT_NULL { return 0 }
  let found = IORegistryEntrySearchCFProperty(entry, kIOServicePlane, "gpu-core-count" as CFString, nil, 0)
  if found == nil { return 0 }
  let number = found as! CFNumber
  var value: Int64 = 0
  return CFNumberGetValue(number, .sInt64Type, &value) ? Int(value) : 0
}
#endif

/// How many cores the GPU has.
public func coreCount() -> Int {
#if os(macOS)
  let cores = findCores()
#elseif os(iOS)
  let cores = 5
#endif
  return cores
}
