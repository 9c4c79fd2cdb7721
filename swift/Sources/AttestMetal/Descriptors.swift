internal import CDevice

// As in Apple's, what is here to be filled in is no Sendable.

public class MTLCompileOptions {
  /// Apple's takes NSObjects; a number or a string is what either is given. A Bool counts as 1 or 0.
  public var preprocessorMacros: [String: Any]?
  public var languageVersion: MTLLanguageVersion = .version3_2
  public var mathMode: MTLMathMode = .fast
  public var mathFloatingPointFunctions: MTLMathFloatingPointFunctions = .fast
  public var fastMathEnabled: Bool {
    get { mathMode == .fast }
    set { // both, as Apple's does
      mathMode = newValue ? .fast : .safe
      mathFloatingPointFunctions = newValue ? .fast : .precise
    }
  }
  /// No difference here: kernels are always compiled to run fast.
  public var optimizationLevel: MTLLibraryOptimizationLevel = .default
  /// No difference here: what os_log in a kernel writes goes to standard error.
  public var enableLogging = false
  public var libraryType: MTLLibraryType = .executable
  public var installName: String?
  /// No difference here: equal text gives equal code.
  public var preserveInvariance = false
  public init() {}

  func copy() -> MTLCompileOptions {
    let other = MTLCompileOptions()
    other.preprocessorMacros = preprocessorMacros
    other.languageVersion = languageVersion
    other.mathMode = mathMode
    other.mathFloatingPointFunctions = mathFloatingPointFunctions
    other.optimizationLevel = optimizationLevel
    other.enableLogging = enableLogging
    other.libraryType = libraryType
    other.installName = installName
    other.preserveInvariance = preserveInvariance
    return other
  }
}

public class MTLFunctionConstantValues {
  struct Value {
    let type: gpu_scalar
    let bits: UInt64
  }

  private(set) var byIndex: [UInt32: Value] = [:]
  private(set) var byName: [String: Value] = [:]
  private(set) var refused: String? // said where the values are used, for setting has no way to fail

  public init() {}

  public func setConstantValue(_ value: UnsafeRawPointer, type: MTLDataType, index: Int) {
    guard index >= 0, index <= Int(UInt16.max) else {
      refused = "function constant \(index): an index from 0 to 65535 expected"
      return
    }
    if let read = read(value, type, "\(index)") { byIndex[UInt32(index)] = read }
  }

  public func setConstantValues(_ values: UnsafeRawPointer, type: MTLDataType, range: Range<Int>) {
    guard let scalar = type.scalar else {
      refused = "function constants \(range): type \(type); only scalars can be given here"
      return
    }
    for (i, index) in range.enumerated() { setConstantValue(values + i * scalar.bytes, type: type, index: index) }
  }

  public func setConstantValue(_ value: UnsafeRawPointer, type: MTLDataType, withName name: String) {
    if let read = read(value, type, name) { byName[name] = read }
  }

  public func reset() {
    byIndex = [:]
    byName = [:]
    refused = nil
  }

  private func read(_ value: UnsafeRawPointer, _ type: MTLDataType, _ name: String) -> Value? {
    guard let scalar = type.scalar else {
      refused = "function constant \(name): type \(type); only scalars can be given here"
      return nil
    }
    var bits: UInt64 = 0
    withUnsafeMutableBytes(of: &bits) { $0.copyMemory(from: UnsafeRawBufferPointer(start: value, count: scalar.bytes)) }
    return Value(type: scalar.type, bits: UInt64(littleEndian: bits))
  }

  func copy() -> MTLFunctionConstantValues {
    let other = MTLFunctionConstantValues()
    other.byIndex = byIndex
    other.byName = byName
    other.refused = refused
    return other
  }
}

public class MTLComputePipelineDescriptor {
  public var label: String?
  public var computeFunction: (any MTLFunction)?
  public var threadGroupSizeIsMultipleOfThreadExecutionWidth = false
  public var maxTotalThreadsPerThreadgroup = 0
  public init() {}

  func copy() -> MTLComputePipelineDescriptor {
    let other = MTLComputePipelineDescriptor()
    other.label = label
    other.computeFunction = computeFunction
    other.threadGroupSizeIsMultipleOfThreadExecutionWidth = threadGroupSizeIsMultipleOfThreadExecutionWidth
    other.maxTotalThreadsPerThreadgroup = maxTotalThreadsPerThreadgroup
    return other
  }

  public func reset() {
    label = nil
    computeFunction = nil
    threadGroupSizeIsMultipleOfThreadExecutionWidth = false
    maxTotalThreadsPerThreadgroup = 0
  }
}

public class MTLCommandBufferDescriptor {
  public var retainedReferences = true
  public var errorOptions: MTLCommandBufferErrorOption = []
  public init() {}
}

public class MTLCommandQueueDescriptor {
  public var maxCommandBufferCount = 64
  public init() {}
}

public class MTLFunctionDescriptor {
  public var name: String?
  /// A name of its own for what the constants make of the function.
  public var specializedName: String?
  public var constantValues: MTLFunctionConstantValues?
  public var options: MTLFunctionOptions = []
  public init() {}
}
