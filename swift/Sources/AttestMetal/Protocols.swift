// Objects with an identity of their own, as Apple's Swift interface spells them. Only what runs here is declared: code
// that wants more fails to build, not to run.

// The methods that take the first two want them Sendable, which the names do not say.
public typealias MTLNewLibraryCompletionHandler = ((any MTLLibrary)?, (any Error)?) -> Void
public typealias MTLNewComputePipelineStateCompletionHandler = ((any MTLComputePipelineState)?, (any Error)?) -> Void
public typealias MTLNewComputePipelineStateWithReflectionCompletionHandler =
  @Sendable ((any MTLComputePipelineState)?, MTLComputePipelineReflection?, (any Error)?) -> Void
public typealias MTLCommandBufferHandler = @Sendable (any MTLCommandBuffer) -> Void

public protocol MTLDevice: AnyObject, Sendable {
  var name: String { get }
  var registryID: UInt64 { get }
  var maxThreadsPerThreadgroup: MTLSize { get }
  var isLowPower: Bool { get }
  var isHeadless: Bool { get }
  var isRemovable: Bool { get }
  var hasUnifiedMemory: Bool { get }
  var recommendedMaxWorkingSetSize: UInt64 { get }
  var location: MTLDeviceLocation { get }
  var locationNumber: Int { get }
  var currentAllocatedSize: Int { get }
  var maxThreadgroupMemoryLength: Int { get }
  var maxBufferLength: Int { get }
  var architecture: MTLArchitecture { get }
  var maxTransferRate: UInt64 { get }
  var argumentBuffersSupport: MTLArgumentBuffersTier { get }
  var shouldMaximizeConcurrentCompilation: Bool { get set }
  var maximumConcurrentCompilationTaskCount: Int { get }
  func sampleTimestamps(_ cpuTimestamp: UnsafeMutablePointer<MTLTimestamp>, gpuTimestamp: UnsafeMutablePointer<MTLTimestamp>)
  func supportsFamily(_ gpuFamily: MTLGPUFamily) -> Bool
  func makeCommandQueue() -> (any MTLCommandQueue)?
  func makeCommandQueue(maxCommandBufferCount: Int) -> (any MTLCommandQueue)?
  func makeCommandQueue(descriptor: MTLCommandQueueDescriptor) -> (any MTLCommandQueue)?
  func makeHeap(descriptor: MTLHeapDescriptor) -> (any MTLHeap)?
  func heapBufferSizeAndAlign(length: Int, options: MTLResourceOptions) -> MTLSizeAndAlign
  func makeResidencySet(descriptor: MTLResidencySetDescriptor) throws -> any MTLResidencySet
  func makeFence() -> (any MTLFence)?
  func makeEvent() -> (any MTLEvent)?
  func makeSharedEvent() -> (any MTLSharedEvent)?
  func makeBuffer(length: Int, options: MTLResourceOptions) -> (any MTLBuffer)?
  func makeBuffer(bytes pointer: UnsafeRawPointer, length: Int, options: MTLResourceOptions) -> (any MTLBuffer)?
  func makeBuffer(
    bytesNoCopy pointer: UnsafeMutableRawPointer, length: Int, options: MTLResourceOptions,
    deallocator: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?
  ) -> (any MTLBuffer)?
  func makeDefaultLibrary() -> (any MTLLibrary)?
  func makeLibrary(source: String, options: MTLCompileOptions?) throws -> any MTLLibrary
  func makeLibrary(
    source: String, options: MTLCompileOptions?,
    completionHandler: @escaping @Sendable ((any MTLLibrary)?, (any Error)?) -> Void)
  func makeComputePipelineState(function computeFunction: any MTLFunction) throws -> any MTLComputePipelineState
  func makeComputePipelineState(
    function computeFunction: any MTLFunction,
    completionHandler: @escaping @Sendable ((any MTLComputePipelineState)?, (any Error)?) -> Void)
  func makeComputePipelineState(
    function computeFunction: any MTLFunction, options: MTLPipelineOption,
    reflection: UnsafeMutablePointer<MTLAutoreleasedComputePipelineReflection?>?
  ) throws -> any MTLComputePipelineState
  func makeComputePipelineState(
    descriptor: MTLComputePipelineDescriptor, options: MTLPipelineOption,
    reflection: UnsafeMutablePointer<MTLAutoreleasedComputePipelineReflection?>?
  ) throws -> any MTLComputePipelineState
  func makeComputePipelineState(
    function computeFunction: any MTLFunction, options: MTLPipelineOption,
    completionHandler: @escaping MTLNewComputePipelineStateWithReflectionCompletionHandler)
  func makeComputePipelineState(
    descriptor: MTLComputePipelineDescriptor, options: MTLPipelineOption,
    completionHandler: @escaping MTLNewComputePipelineStateWithReflectionCompletionHandler)
}

extension MTLDevice {
  public func makeBuffer(length: Int) -> (any MTLBuffer)? { makeBuffer(length: length, options: []) }
  public func makeBuffer(bytes pointer: UnsafeRawPointer, length: Int) -> (any MTLBuffer)? {
    makeBuffer(bytes: pointer, length: length, options: [])
  }
  public func makeBuffer(
    bytesNoCopy pointer: UnsafeMutableRawPointer, length: Int, options: MTLResourceOptions = []
  ) -> (any MTLBuffer)? {
    makeBuffer(bytesNoCopy: pointer, length: length, options: options, deallocator: nil)
  }
  public func makeBuffer(
    bytesNoCopy pointer: UnsafeMutableRawPointer, length: Int,
    deallocator: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?
  ) -> (any MTLBuffer)? {
    makeBuffer(bytesNoCopy: pointer, length: length, options: [], deallocator: deallocator)
  }
}

public protocol MTLResource: MTLAllocation { // no Sendable, as in Apple's
  var label: String? { get set }
  var device: any MTLDevice { get }
  var cpuCacheMode: MTLCPUCacheMode { get }
  var storageMode: MTLStorageMode { get }
  var hazardTrackingMode: MTLHazardTrackingMode { get }
  var resourceOptions: MTLResourceOptions { get }
  var heap: (any MTLHeap)? { get }
  var heapOffset: Int { get }
  func makeAliasable()
  func isAliasable() -> Bool
  func setPurgeableState(_ state: MTLPurgeableState) -> MTLPurgeableState
}

public protocol MTLBuffer: MTLResource {
  var length: Int { get }
  var gpuAddress: UInt64 { get }
  func contents() -> UnsafeMutableRawPointer
  func didModifyRange(_ range: Range<Int>)
}

public protocol MTLLibrary: AnyObject, Sendable {
  var label: String? { get set }
  var device: any MTLDevice { get }
  var functionNames: [String] { get }
  var type: MTLLibraryType { get }
  var installName: String? { get }
  func makeFunction(name functionName: String) -> (any MTLFunction)?
  func makeFunction(name: String, constantValues: MTLFunctionConstantValues) throws -> any MTLFunction
  func makeFunction(
    name: String, constantValues: MTLFunctionConstantValues,
    completionHandler: @escaping @Sendable ((any MTLFunction)?, (any Error)?) -> Void)
  func makeFunction(descriptor: MTLFunctionDescriptor) throws -> any MTLFunction
}

public protocol MTLFunction: AnyObject, Sendable {
  var label: String? { get set }
  var device: any MTLDevice { get }
  var functionType: MTLFunctionType { get }
  var name: String { get }
  var functionConstantsDictionary: [String: MTLFunctionConstant] { get }
}

public protocol MTLComputePipelineState: AnyObject, Sendable {
  var label: String? { get }
  var device: any MTLDevice { get }
  var maxTotalThreadsPerThreadgroup: Int { get }
  var threadExecutionWidth: Int { get }
  var staticThreadgroupMemoryLength: Int { get }
}

public protocol MTLCommandQueue: AnyObject, Sendable {
  var label: String? { get set }
  var device: any MTLDevice { get }
  func makeCommandBuffer() -> (any MTLCommandBuffer)?
  func makeCommandBuffer(descriptor: MTLCommandBufferDescriptor) -> (any MTLCommandBuffer)?
  func makeCommandBufferWithUnretainedReferences() -> (any MTLCommandBuffer)?
  func addResidencySet(_ residencySet: any MTLResidencySet)
  func addResidencySets(_ residencySets: [any MTLResidencySet])
  func removeResidencySet(_ residencySet: any MTLResidencySet)
  func removeResidencySets(_ residencySets: [any MTLResidencySet])
}

public protocol MTLCommandBuffer: AnyObject { // no Sendable, as in Apple's
  var device: any MTLDevice { get }
  var commandQueue: any MTLCommandQueue { get }
  var retainedReferences: Bool { get }
  var errorOptions: MTLCommandBufferErrorOption { get }
  var label: String? { get set }
  var kernelStartTime: CFTimeInterval { get }
  var kernelEndTime: CFTimeInterval { get }
  var gpuStartTime: CFTimeInterval { get }
  var gpuEndTime: CFTimeInterval { get }
  var status: MTLCommandBufferStatus { get }
  var error: (any Error)? { get }
  func enqueue()
  func commit()
  func addScheduledHandler(_ block: @escaping MTLCommandBufferHandler)
  func addCompletedHandler(_ block: @escaping MTLCommandBufferHandler)
  @available(*, noasync, message: "in async code: await scheduled()")
  func waitUntilScheduled()
  @available(*, noasync, message: "in async code: await completed()")
  func waitUntilCompleted()
  func scheduled() async
  func completed() async
  func makeComputeCommandEncoder() -> (any MTLComputeCommandEncoder)?
  func makeComputeCommandEncoder(dispatchType: MTLDispatchType) -> (any MTLComputeCommandEncoder)?
  func makeBlitCommandEncoder() -> (any MTLBlitCommandEncoder)?
  func encodeSignalEvent(_ event: any MTLEvent, value: UInt64)
  func encodeWaitForEvent(_ event: any MTLEvent, value: UInt64)
  func useResidencySet(_ residencySet: any MTLResidencySet)
  func useResidencySets(_ residencySets: [any MTLResidencySet])
  func pushDebugGroup(_ string: String)
  func popDebugGroup()
}

public protocol MTLCommandEncoder: AnyObject {
  var label: String? { get set }
  var device: any MTLDevice { get }
  func endEncoding()
  func insertDebugSignpost(_ string: String)
  func pushDebugGroup(_ string: String)
  func popDebugGroup()
}

public protocol MTLComputeCommandEncoder: MTLCommandEncoder {
  var dispatchType: MTLDispatchType { get }
  func setComputePipelineState(_ state: any MTLComputePipelineState)
  func setBytes(_ bytes: UnsafeRawPointer, length: Int, index: Int)
  func setBuffer(_ buffer: (any MTLBuffer)?, offset: Int, index: Int)
  func setBufferOffset(_ offset: Int, index: Int)
  func setBuffers(_ buffers: [(any MTLBuffer)?], offsets: [Int], range: Range<Int>)
  func setThreadgroupMemoryLength(_ length: Int, index: Int)
  func dispatchThreadgroups(_ threadgroupsPerGrid: MTLSize, threadsPerThreadgroup: MTLSize)
  func dispatchThreadgroups(indirectBuffer: any MTLBuffer, indirectBufferOffset: Int, threadsPerThreadgroup: MTLSize)
  func dispatchThreads(_ threadsPerGrid: MTLSize, threadsPerThreadgroup: MTLSize)
  func useResource(_ resource: any MTLResource, usage: MTLResourceUsage)
  func useResources(_ resources: [any MTLResource], usage: MTLResourceUsage)
  func useHeap(_ heap: any MTLHeap)
  func useHeaps(_ heaps: [any MTLHeap])
  func updateFence(_ fence: any MTLFence)
  func waitForFence(_ fence: any MTLFence)
  func memoryBarrier(scope: MTLBarrierScope)
  func memoryBarrier(resources: [any MTLResource])
}

public protocol MTLBlitCommandEncoder: MTLCommandEncoder {
  func updateFence(_ fence: any MTLFence)
  func waitForFence(_ fence: any MTLFence)
  func synchronize(resource: any MTLResource)
  func fill(buffer: any MTLBuffer, range: Range<Int>, value: UInt8)
  func copy(
    from sourceBuffer: any MTLBuffer, sourceOffset: Int, to destinationBuffer: any MTLBuffer, destinationOffset: Int,
    size: Int)
}

// As Swift makes async forms of what has a completion handler.

extension MTLDevice {
  public func makeLibrary(source: String, options: MTLCompileOptions?) async throws -> any MTLLibrary {
    try await withCheckedThrowingContinuation { continuation in
      makeLibrary(source: source, options: options) { resume(continuation, $0, $1) }
    }
  }

  public func makeComputePipelineState(function computeFunction: any MTLFunction) async throws -> any MTLComputePipelineState {
    try await withCheckedThrowingContinuation { continuation in
      makeComputePipelineState(function: computeFunction) { resume(continuation, $0, $1) }
    }
  }

  public func makeComputePipelineState(
    function computeFunction: any MTLFunction, options: MTLPipelineOption
  ) async throws -> (any MTLComputePipelineState, MTLComputePipelineReflection?) {
    try await withCheckedThrowingContinuation { continuation in
      makeComputePipelineState(function: computeFunction, options: options) { state, reflection, error in
        resume(continuation, state.map { ($0, reflection) }, error)
      }
    }
  }

  public func makeComputePipelineState(
    descriptor: MTLComputePipelineDescriptor, options: MTLPipelineOption
  ) async throws -> (any MTLComputePipelineState, MTLComputePipelineReflection?) {
    try await withCheckedThrowingContinuation { continuation in
      makeComputePipelineState(descriptor: descriptor, options: options) { state, reflection, error in
        resume(continuation, state.map { ($0, reflection) }, error)
      }
    }
  }
}

extension MTLLibrary {
  public func makeFunction(name: String, constantValues: MTLFunctionConstantValues) async throws -> any MTLFunction {
    try await withCheckedThrowingContinuation { continuation in
      makeFunction(name: name, constantValues: constantValues) { resume(continuation, $0, $1) }
    }
  }
}

private func resume<T>(_ continuation: CheckedContinuation<T, any Error>, _ made: T?, _ error: (any Error)?) {
  guard let made else { return continuation.resume(throwing: error ?? MTLLibraryError(.internal, "nothing was made")) }
  nonisolated(unsafe) let sent = made
  continuation.resume(returning: sent)
}
