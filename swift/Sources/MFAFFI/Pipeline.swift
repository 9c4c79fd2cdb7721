import CDevice
import Metal

/// A compiled kernel, with what its dispatches are held against.
final class Pipeline {
  let state: any MTLComputePipelineState
  let function: String
  let maxThreads: Int
  let buffers: UInt32        // slots that the kernel reads; bit i: [[buffer(i)]]
  let threadgroupArguments: UInt32
  let threadgroupBytes: Int  // of the kernel's own variables

  init(_ state: any MTLComputePipelineState, _ function: String, _ reflection: MTLComputePipelineReflection?) {
    self.state = state
    self.function = function
    maxThreads = state.maxTotalThreadsPerThreadgroup
    threadgroupBytes = state.staticThreadgroupMemoryLength
    var buffers: UInt32 = 0, local: UInt32 = 0
    for binding in reflection?.bindings ?? [] where binding.isUsed && binding.isArgument && binding.index < 31 {
      if binding.type == .buffer { buffers |= 1 << UInt32(binding.index) }
      if binding.type == .threadgroupMemory { local |= 1 << UInt32(binding.index) }
    }
    self.buffers = buffers
    threadgroupArguments = local
  }
}

extension Device {
  func compile(_ program: gpu_program) throws -> Pipeline {
    guard let sourceText = program.source, let name = program.function, name.pointee != 0 else {
      throw Refusal(GPU_INVALID, "a program needs source and function")
    }
    let function = String(cString: name)
    let library = try makeLibrary(program, String(cString: sourceText))
    let specialised: any MTLFunction
    do {
      specialised = try library.makeFunction(name: function, constantValues: constants(of: program))
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(GPU_COMPILE, "function \(function)", error)
    }
    return try makePipeline(specialised, function, program.max_threads)
  }

  private func makeLibrary(_ program: gpu_program, _ source: String) throws -> any MTLLibrary {
    let version = program.language_version == 0 ? 310 : program.language_version
    let packed = UInt(version / 100) << 16 | UInt(version % 100 / 10)
    guard Self.languageVersions.contains(version), let language = MTLLanguageVersion(rawValue: packed) else {
      throw Refusal(GPU_UNSUPPORTED, "language version \(version); 310 is MSL 3.1, the first with bfloat")
    }
    let file = program.file.map { String(cString: $0) } ?? "kernel.metal"
    // So that diagnostics name the caller's file, whatever Metal calls its input.
    let text = "#line 1 \"\(file)\"\n" + source
    return try library(LibraryKey(source: text, math: program.math.rawValue, version: packed)) {
      let options = MTLCompileOptions()
      options.languageVersion = language
      options.fastMathEnabled = program.math == GPU_MATH_FAST
      do {
        return try metal.makeLibrary(source: text, options: options)
      } catch {
        throw Refusal(GPU_COMPILE, error.localizedDescription)
      }
    }
  }

  /// By number and not by MTLLanguageVersion's names, of which an older SDK lacks the newest; and checked, since Apple's
  /// enumeration takes any number.
  private static let languageVersions: Set<UInt32> = [200, 210, 220, 230, 240, 300, 310, 320, 400]

  private func constants(of program: gpu_program) throws -> MTLFunctionConstantValues {
    let values = MTLFunctionConstantValues()
    guard program.constant_count > 0 else { return values }
    guard let given = program.constants else {
      throw Refusal(GPU_INVALID, "constants is NULL but constant_count is \(program.constant_count)")
    }
    for constant in UnsafeBufferPointer(start: given, count: Int(program.constant_count)) {
      guard constant.type.rawValue < Self.types.count else {
        throw Refusal(GPU_INVALID, "function constant \(constant.index): type \(constant.type.rawValue) is none of gpu_scalar")
      }
      let type = Self.types[Int(constant.type.rawValue)]
      var bits = constant.bits.littleEndian // the low bytes first, as the device reads a smaller type
      if let name = constant.name {
        values.setConstantValue(&bits, type: type, withName: String(cString: name))
      } else {
        values.setConstantValue(&bits, type: type, index: Int(constant.index))
      }
    }
    return values
  }

  /// By the numbers of gpu_scalar.
  private static let types: [MTLDataType] = [
    .bool, .char, .uchar, .short, .ushort, .int, .uint, .long, .ulong, .half, .float, .bfloat,
  ]

  private func makePipeline(_ function: any MTLFunction, _ name: String, _ maxThreads: UInt32) throws -> Pipeline {
    let limit = metal.maxThreadsPerThreadgroup.width
    guard Int(maxThreads) <= limit else {
      throw Refusal(GPU_INVALID, "max_threads is \(maxThreads); a threadgroup has at most \(limit)")
    }
    let descriptor = MTLComputePipelineDescriptor()
    descriptor.computeFunction = function
    descriptor.label = name
    if maxThreads > 0 { descriptor.maxTotalThreadsPerThreadgroup = Int(maxThreads) }
    var reflection: MTLAutoreleasedComputePipelineReflection?
    let state: any MTLComputePipelineState
    do {
      state = try metal.makeComputePipelineState(descriptor: descriptor, options: .argumentInfo, reflection: &reflection)
    } catch {
      throw Refusal(GPU_COMPILE, "function \(name)", error)
    }
    guard state.threadExecutionWidth == 32 else {
      throw Refusal(GPU_UNSUPPORTED, "function \(name): simdgroups of \(state.threadExecutionWidth) threads; 32 are wanted")
    }
    return Pipeline(state, name, reflection)
  }
}
