internal import CDevice
internal import CHost
internal import Glibc

final class HostPipeline: MTLComputePipelineState, @unchecked Sendable {
  let host: HostDevice
  let function: HostFunction
  let handle: OpaquePointer
  let label: String?
  let maxTotalThreadsPerThreadgroup: Int
  let threadExecutionWidth: Int
  let staticThreadgroupMemoryLength: Int // 0: known only when it runs
  let wantsWholeSimdgroups: Bool

  init(_ host: HostDevice, _ descriptor: MTLComputePipelineDescriptor) throws {
    guard let function = descriptor.computeFunction as? HostFunction else {
      throw MTLLibraryError(.functionNotFound, "computeFunction is not set")
    }
    let limit = host.maxThreadsPerThreadgroup.width
    guard (0...limit).contains(descriptor.maxTotalThreadsPerThreadgroup) else {
      throw MTLLibraryError(
        .unsupported, "maxTotalThreadsPerThreadgroup is \(descriptor.maxTotalThreadsPerThreadgroup); at most \(limit)")
    }
    var info = gpu_pipeline_info()
    handle = try Self.compile(host, function, UInt32(descriptor.maxTotalThreadsPerThreadgroup), &info)
    self.host = host
    self.function = function
    label = descriptor.label
    wantsWholeSimdgroups = descriptor.threadGroupSizeIsMultipleOfThreadExecutionWidth
    maxTotalThreadsPerThreadgroup = Int(info.max_threads)
    threadExecutionWidth = Int(info.simd_width)
    staticThreadgroupMemoryLength = Int(info.static_threadgroup_bytes)
  }

  deinit { host.calls.free_pipeline(host.calls.device, handle) }

  private static func compile(
    _ host: HostDevice, _ function: HostFunction, _ maxThreads: UInt32, _ info: inout gpu_pipeline_info
  ) throws -> OpaquePointer {
    let values = function.constantValues
    var names: [UnsafeMutablePointer<CChar>?] = []
    defer { names.forEach { free($0) } }
    var constants = values.byIndex.sorted { $0.key < $1.key }.map {
      gpu_constant(name: nil, index: $0.key, type: $0.value.type, bits: $0.value.bits)
    }
    for (name, value) in values.byName.sorted(by: { $0.key < $1.key }) {
      names.append(strdup(name))
      constants.append(gpu_constant(name: names.last!, index: 0, type: value.type, bits: value.bits))
    }
    var made: OpaquePointer?
    var message = [CChar](repeating: 0, count: 16384)
    let library = function.library
    let status = library.source.withCString { source in
      HostLibrary.file.withCString { file in
        function.kernelName.withCString { name in
          constants.withUnsafeBufferPointer { constants in
            var program = gpu_program(
              source: source, file: file, function: name, constants: constants.baseAddress,
              constant_count: UInt32(constants.count), math: library.math, language_version: library.version,
              max_threads: maxThreads)
            return host.calls.compile(host.calls.device, &program, &made, &info, &message, message.count)
          }
        }
      }
    }
    guard status == GPU_OK, let made else {
      throw MTLLibraryError(.compileFailure, String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return made
  }

  var device: any MTLDevice { host }

  func reflection() -> MTLComputePipelineReflection {
    var buffers: UInt32 = 0, local: UInt32 = 0
    standin_slots(handle, &buffers, &local)
    let arguments = function.library.arguments[function.kernelName] ?? []
    return MTLComputePipelineReflection(
      arguments.map { argument in
        let mask = argument.type == .buffer ? buffers : local
        return HostBinding(
          name: argument.name, type: argument.type, index: argument.index,
          isUsed: mask >> UInt32(argument.index) & 1 == 1)
      })
  }
}
