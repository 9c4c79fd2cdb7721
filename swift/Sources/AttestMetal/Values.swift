// Sizes, options and enumerations, with Apple's raw values.

@frozen public struct MTLSize: BitwiseCopyable, Sendable {
  public var width: Int
  public var height: Int
  public var depth: Int
  public init() { self.init(width: 0, height: 0, depth: 0) }
  public init(width: Int, height: Int, depth: Int) {
    self.width = width
    self.height = height
    self.depth = depth
  }
}

public func MTLSizeMake(_ width: Int, _ height: Int, _ depth: Int) -> MTLSize {
  MTLSize(width: width, height: height, depth: depth)
}

@frozen public struct MTLDispatchThreadgroupsIndirectArguments: BitwiseCopyable, Sendable {
  public var threadgroupsPerGrid: (UInt32, UInt32, UInt32)
  public init() { threadgroupsPerGrid = (0, 0, 0) }
  public init(threadgroupsPerGrid: (UInt32, UInt32, UInt32)) { self.threadgroupsPerGrid = threadgroupsPerGrid }
}

public struct MTLResourceOptions: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let cpuCacheModeWriteCombined = MTLResourceOptions(rawValue: 1)
  public static let storageModeShared = MTLResourceOptions([])
  public static let storageModeManaged = MTLResourceOptions(rawValue: 1 << 4)
  public static let storageModePrivate = MTLResourceOptions(rawValue: 2 << 4)
  public static let storageModeMemoryless = MTLResourceOptions(rawValue: 3 << 4)
  public static let hazardTrackingModeUntracked = MTLResourceOptions(rawValue: 1 << 8)
  public static let hazardTrackingModeTracked = MTLResourceOptions(rawValue: 2 << 8)
}

public enum MTLStorageMode: UInt, Sendable {
  case shared = 0
  case managed
  case `private`
  case memoryless
}

public enum MTLCPUCacheMode: UInt, Sendable {
  case defaultCache = 0
  case writeCombined
}

public enum MTLHazardTrackingMode: UInt, Sendable {
  case `default` = 0
  case untracked
  case tracked
}

public enum MTLPurgeableState: UInt, Sendable {
  case keepCurrent = 1
  case nonVolatile
  case volatile
  case empty
}

public struct MTLResourceUsage: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let read = MTLResourceUsage(rawValue: 1)
  public static let write = MTLResourceUsage(rawValue: 2)
  public static let sample = MTLResourceUsage(rawValue: 4)
}

public struct MTLBarrierScope: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let buffers = MTLBarrierScope(rawValue: 1)
  public static let textures = MTLBarrierScope(rawValue: 2)
  public static let renderTargets = MTLBarrierScope(rawValue: 4)
}

public struct MTLPipelineOption: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let argumentInfo = MTLPipelineOption(rawValue: 1)
  public static let bindingInfo = MTLPipelineOption(rawValue: 1)
  public static let bufferTypeInfo = MTLPipelineOption(rawValue: 2)
  public static let failOnBinaryArchiveMiss = MTLPipelineOption(rawValue: 4)
}

public enum MTLGPUFamily: Int, Sendable {
  case apple1 = 1001, apple2, apple3, apple4, apple5, apple6, apple7, apple8, apple9, apple10
  case mac1 = 2001, mac2
  case common1 = 3001, common2, common3
  case macCatalyst1 = 4001, macCatalyst2
  case metal3 = 5001, metal4
}

public enum MTLDeviceLocation: UInt, Sendable {
  case builtIn = 0
  case slot
  case external
  case unspecified = 0xFFFF_FFFF_FFFF_FFFF
}

public enum MTLLanguageVersion: UInt, Sendable {
  case version1_0 = 0x10000, version1_1, version1_2
  case version2_0 = 0x20000, version2_1, version2_2, version2_3, version2_4
  case version3_0 = 0x30000, version3_1, version3_2
  case version4_0 = 0x40000
}

public enum MTLMathMode: Int, Sendable {
  case safe = 0
  case relaxed
  case fast
}

public enum MTLMathFloatingPointFunctions: Int, Sendable {
  case fast = 0
  case precise
}

public enum MTLLibraryType: Int, Sendable {
  case executable = 0
  case dynamic
}

public enum MTLFunctionType: UInt, Sendable {
  case vertex = 1
  case fragment
  case kernel
  case visible = 5
  case intersection
  case mesh
  case object
}

public enum MTLDispatchType: UInt, Sendable {
  case serial = 0
  case concurrent
}

public enum MTLCommandBufferStatus: UInt, Sendable {
  case notEnqueued = 0
  case enqueued
  case committed
  case scheduled
  case completed
  case error
}

public struct MTLCommandBufferErrorOption: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let encoderExecutionStatus = MTLCommandBufferErrorOption(rawValue: 1)
}

@frozen public struct MTLOrigin: BitwiseCopyable, Sendable {
  public var x: Int
  public var y: Int
  public var z: Int
  public init() { self.init(x: 0, y: 0, z: 0) }
  public init(x: Int, y: Int, z: Int) {
    self.x = x
    self.y = y
    self.z = z
  }
}

public func MTLOriginMake(_ x: Int, _ y: Int, _ z: Int) -> MTLOrigin { MTLOrigin(x: x, y: y, z: z) }

public enum MTLLibraryOptimizationLevel: Int, Sendable {
  case `default` = 0
  case size
}

public enum MTLArgumentBuffersTier: UInt, Sendable {
  case tier1 = 0
  case tier2
}

public struct MTLFunctionOptions: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let compileToBinary = MTLFunctionOptions(rawValue: 1)
}

public typealias MTLTimestamp = UInt64

public final class MTLArchitecture: Sendable {
  public let name: String
  init(name: String) { self.name = name }
}
