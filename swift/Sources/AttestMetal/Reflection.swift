public enum MTLBindingType: Int, Sendable {
  case buffer = 0
  case threadgroupMemory
  case texture
  case sampler
  case imageblockData = 16, imageblock
  case visibleFunctionTable = 24
  case primitiveAccelerationStructure, instanceAccelerationStructure, intersectionFunctionTable
  case objectPayload = 34
  case tensor = 37
}

public enum MTLBindingAccess: UInt, Sendable {
  case readOnly = 0
  case readWrite
  case writeOnly
}

public protocol MTLBinding: AnyObject, Sendable {
  var name: String { get }
  var type: MTLBindingType { get }
  var access: MTLBindingAccess { get }
  var index: Int { get }
  var isUsed: Bool { get }
  var isArgument: Bool { get }
}

/// The arguments of a kernel. What they point to (structures, sizes, alignment) is not told here.
public class MTLComputePipelineReflection: @unchecked Sendable {
  public let bindings: [any MTLBinding]
  init(_ bindings: [any MTLBinding]) { self.bindings = bindings }
}

public typealias MTLAutoreleasedComputePipelineReflection = MTLComputePipelineReflection

public class MTLFunctionConstant {
  public let name: String
  public let type: MTLDataType
  public let index: Int
  public let required: Bool

  init(name: String, type: MTLDataType, index: Int, required: Bool) {
    self.name = name
    self.type = type
    self.index = index
    self.required = required
  }
}

final class HostBinding: MTLBinding {
  let name: String
  let type: MTLBindingType
  let index: Int
  let isUsed: Bool
  var access: MTLBindingAccess { .readWrite } // not told apart here
  var isArgument: Bool { true }

  init(name: String, type: MTLBindingType, index: Int, isUsed: Bool) {
    self.name = name
    self.type = type
    self.index = index
    self.isUsed = isUsed
  }
}
