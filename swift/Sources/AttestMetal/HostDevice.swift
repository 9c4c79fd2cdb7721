internal import CDevice
internal import CHost
internal import Glibc
import Dispatch

/// The processor, as a Metal device.
final class HostDevice: MTLDevice, @unchecked Sendable {
  let calls: gpu_api
  let name: String
  let settings: MetalStandIn.Settings
  let maxThreadgroupMemoryLength: Int
  let maxBufferLength: Int
  private let maxThreads: Int
  private let allocated = Guarded(0)

  init?(_ settings: MetalStandIn.Settings) {
    var options = host_options()
    options.workers = settings.workers
    var made = gpu_api(), info = gpu_device_info(), message = [CChar](repeating: 0, count: 512)
    guard host_device_create(&options, &made, &message, message.count) == GPU_OK, made.describe(made.device, &info) == GPU_OK
    else { return nil }
    calls = made
    self.settings = settings
    name = settings.name ?? settings.familyName ?? withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    maxThreads = Int(info.max_threads_per_threadgroup)
    maxThreadgroupMemoryLength = Int(info.max_threadgroup_memory)
    maxBufferLength = Int(info.max_buffer_bytes)
  }

  let registryID: UInt64 = 1
  let isLowPower = false
  let isHeadless = true
  let isRemovable = false
  let hasUnifiedMemory = true
  let location = MTLDeviceLocation.builtIn
  let locationNumber = 0
  var maxThreadsPerThreadgroup: MTLSize { MTLSize(width: maxThreads, height: maxThreads, depth: maxThreads) }
  var currentAllocatedSize: Int { allocated.value }
  var recommendedMaxWorkingSetSize: UInt64 { UInt64(sysconf(Int32(_SC_PHYS_PAGES))) * UInt64(getpagesize()) / 4 * 3 }

  func supportsFamily(_ family: MTLGPUFamily) -> Bool {
    switch family.rawValue {
    case 1001...1999: family.rawValue <= settings.family.rawValue
    case 3001...3999: true
    case MTLGPUFamily.metal3.rawValue: settings.family.rawValue >= MTLGPUFamily.apple7.rawValue
    default: false
    }
  }

  func makeCommandQueue() -> (any MTLCommandQueue)? { HostQueue(self) }
  func makeCommandQueue(maxCommandBufferCount: Int) -> (any MTLCommandQueue)? {
    maxCommandBufferCount > 0 ? HostQueue(self) : nil
  }

  func makeCommandQueue(descriptor: MTLCommandQueueDescriptor) -> (any MTLCommandQueue)? {
    makeCommandQueue(maxCommandBufferCount: descriptor.maxCommandBufferCount)
  }

  let architecture = MTLArchitecture(name: "attest_host")
  let maxTransferRate: UInt64 = 0
  let argumentBuffersSupport = MTLArgumentBuffersTier.tier1
  private let concurrent = Guarded(false)
  var shouldMaximizeConcurrentCompilation: Bool {
    get { concurrent.value }
    set { concurrent.change { $0 = newValue } }
  }
  var maximumConcurrentCompilationTaskCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// One clock for both, in nanoseconds.
  func sampleTimestamps(_ cpu: UnsafeMutablePointer<MTLTimestamp>, gpuTimestamp gpu: UnsafeMutablePointer<MTLTimestamp>) {
    cpu.pointee = MTLTimestamp(seconds() * 1e9)
    gpu.pointee = cpu.pointee
  }

  // MARK: heaps and what orders commands

  func makeHeap(descriptor: MTLHeapDescriptor) -> (any MTLHeap)? { HostHeap(self, descriptor) }
  func heapBufferSizeAndAlign(length: Int, options: MTLResourceOptions) -> MTLSizeAndAlign {
    MTLSizeAndAlign(size: HostHeap.rounded(length), align: HostHeap.alignment)
  }
  func makeResidencySet(descriptor: MTLResidencySetDescriptor) throws -> any MTLResidencySet { HostResidencySet(self, descriptor) }
  func makeFence() -> (any MTLFence)? { HostFence(self) }
  func makeEvent() -> (any MTLEvent)? { HostEvent(self) }
  func makeSharedEvent() -> (any MTLSharedEvent)? { HostEvent(self) }

  // MARK: buffers

  /// A buffer of a heap, with memory of its own.
  func makeBuffer(of heap: HostHeap, length: Int, options: MTLResourceOptions, ended: @escaping () -> Void) -> HostBuffer? {
    makeBuffer(nil, length, options, { _, _ in ended() }, heap: heap)
  }

  func makeBuffer(length: Int, options: MTLResourceOptions) -> (any MTLBuffer)? {
    makeBuffer(nil, length, options, nil)
  }

  func makeBuffer(bytes pointer: UnsafeRawPointer, length: Int, options: MTLResourceOptions) -> (any MTLBuffer)? {
    guard let buffer = makeBuffer(nil, length, options, nil) else { return nil }
    buffer.contents().copyMemory(from: pointer, byteCount: length)
    return buffer
  }

  func makeBuffer(
    bytesNoCopy pointer: UnsafeMutableRawPointer, length: Int, options: MTLResourceOptions,
    deallocator: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?
  ) -> (any MTLBuffer)? {
    let page = Int(getpagesize())
    guard UInt(bitPattern: pointer) % UInt(page) == 0, length % page == 0 else {
      warn("makeBuffer(bytesNoCopy: \(pointer), length: \(length)): whole pages of \(page) bytes expected")
      return nil
    }
    return makeBuffer(pointer, length, options, deallocator)
  }

  private func makeBuffer(
    _ memory: UnsafeMutableRawPointer?, _ length: Int, _ options: MTLResourceOptions,
    _ deallocator: ((UnsafeMutableRawPointer, Int) -> Void)?, heap: HostHeap? = nil
  ) -> HostBuffer? {
    guard length > 0, length <= maxBufferLength else { return nil }
    var handle: OpaquePointer?, contents: UnsafeMutableRawPointer?
    guard calls.make_buffer(calls.device, memory, UInt64(length), &handle, &contents, nil, 0) == GPU_OK,
      let handle, let contents
    else { return nil }
    allocated.change { $0 += length }
    return HostBuffer(self, handle, contents, length, options, heap: heap) { [allocated] pointer, length in
      allocated.change { $0 -= length }
      deallocator?(pointer, length)
    }
  }

  // MARK: libraries and pipelines

  func makeDefaultLibrary() -> (any MTLLibrary)? { nil }

  func makeLibrary(source: String, options: MTLCompileOptions?) throws -> any MTLLibrary {
    try HostLibrary(self, source, options ?? MTLCompileOptions())
  }

  func makeLibrary(
    source: String, options: MTLCompileOptions?,
    completionHandler: @escaping @Sendable ((any MTLLibrary)?, (any Error)?) -> Void
  ) {
    nonisolated(unsafe) let options = options?.copy() // the caller may change its own meanwhile
    DispatchQueue.global().async {
      do { completionHandler(try self.makeLibrary(source: source, options: options), nil) } catch {
        completionHandler(nil, error)
      }
    }
  }

  func makeComputePipelineState(function: any MTLFunction) throws -> any MTLComputePipelineState {
    try makeComputePipelineState(function: function, options: [], reflection: nil)
  }

  func makeComputePipelineState(
    function: any MTLFunction,
    completionHandler: @escaping @Sendable ((any MTLComputePipelineState)?, (any Error)?) -> Void
  ) {
    DispatchQueue.global().async {
      do { completionHandler(try self.makeComputePipelineState(function: function), nil) } catch {
        completionHandler(nil, error)
      }
    }
  }

  func makeComputePipelineState(
    function: any MTLFunction, options: MTLPipelineOption,
    reflection: UnsafeMutablePointer<MTLAutoreleasedComputePipelineReflection?>?
  ) throws -> any MTLComputePipelineState {
    let descriptor = MTLComputePipelineDescriptor()
    descriptor.computeFunction = function
    return try makeComputePipelineState(descriptor: descriptor, options: options, reflection: reflection)
  }

  func makeComputePipelineState(
    descriptor: MTLComputePipelineDescriptor, options: MTLPipelineOption,
    reflection: UnsafeMutablePointer<MTLAutoreleasedComputePipelineReflection?>?
  ) throws -> any MTLComputePipelineState {
    let state = try HostPipeline(self, descriptor)
    if !options.intersection([.bindingInfo, .bufferTypeInfo]).isEmpty { reflection?.pointee = state.reflection() }
    return state
  }

  func makeComputePipelineState(
    function: any MTLFunction, options: MTLPipelineOption,
    completionHandler: @escaping MTLNewComputePipelineStateWithReflectionCompletionHandler
  ) {
    let descriptor = MTLComputePipelineDescriptor()
    descriptor.computeFunction = function
    makeComputePipelineState(descriptor: descriptor, options: options, completionHandler: completionHandler)
  }

  func makeComputePipelineState(
    descriptor: MTLComputePipelineDescriptor, options: MTLPipelineOption,
    completionHandler: @escaping MTLNewComputePipelineStateWithReflectionCompletionHandler
  ) {
    nonisolated(unsafe) let descriptor = descriptor.copy() // the caller may change its own meanwhile
    DispatchQueue.global().async {
      do {
        var reflection: MTLAutoreleasedComputePipelineReflection?
        let state = try self.makeComputePipelineState(descriptor: descriptor, options: options, reflection: &reflection)
        completionHandler(state, reflection, nil)
      } catch { completionHandler(nil, nil, error) }
    }
  }
}
