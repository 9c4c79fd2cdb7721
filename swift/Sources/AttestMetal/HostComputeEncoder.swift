final class HostComputeEncoder: HostEncoder, MTLComputeCommandEncoder {
  /// Dispatches run one after another, whichever is asked for: a right program gives the same.
  let dispatchType: MTLDispatchType
  private var pipeline: HostPipeline?
  private var slots: [Int: HostDispatch.Slot] = [:]
  private var threadgroupMemory: [Int: Int] = [:]
  private var previous: HostDispatch? // while nothing has changed since

  init(_ commands: HostCommandBuffer, _ dispatchType: MTLDispatchType) {
    self.dispatchType = dispatchType
    super.init(commands)
  }

  private static let slotCount = 31
  private static let mostBytes = 4096

  func setComputePipelineState(_ state: any MTLComputePipelineState) {
    guard demand(state is HostPipeline, "the pipeline state is of another device") else { return }
    pipeline = state as? HostPipeline
    previous = nil
  }

  func setBytes(_ bytes: UnsafeRawPointer, length: Int, index: Int) {
    guard demand(inTable(index), "setBytes: index \(index); 0 to \(Self.slotCount - 1) expected"),
      demand((1...Self.mostBytes).contains(length), "setBytes: \(length) bytes at index \(index); 1 to \(Self.mostBytes) expected")
    else { return }
    set(.bytes(HostBytes(bytes, length)), index)
  }

  func setBuffer(_ buffer: (any MTLBuffer)?, offset: Int, index: Int) {
    guard demand(inTable(index), "setBuffer: index \(index); 0 to \(Self.slotCount - 1) expected") else { return }
    guard let buffer else { return set(nil, index) }
    guard let buffer = buffer as? HostBuffer, demand(
      (0..<buffer.length).contains(offset), "setBuffer: offset \(offset) at index \(index); the buffer has \(buffer.length) bytes")
    else { return }
    set(.buffer(buffer, offset), index)
  }

  func setBufferOffset(_ offset: Int, index: Int) {
    guard case .buffer(let buffer, _)? = slots[index] else {
      return _ = demand(false, "setBufferOffset: no buffer is bound at index \(index)")
    }
    setBuffer(buffer, offset: offset, index: index)
  }

  func setBuffers(_ buffers: [(any MTLBuffer)?], offsets: [Int], range: Range<Int>) {
    guard demand(
      buffers.count == range.count && offsets.count == range.count,
      "setBuffers: \(buffers.count) buffers and \(offsets.count) offsets for the range \(range)")
    else { return }
    for (i, index) in range.enumerated() { setBuffer(buffers[i], offset: offsets[i], index: index) }
  }

  func setThreadgroupMemoryLength(_ length: Int, index: Int) {
    guard demand(inTable(index), "setThreadgroupMemoryLength: index \(index); 0 to \(Self.slotCount - 1) expected"),
      demand(
        length >= 0 && length % 16 == 0, "setThreadgroupMemoryLength: \(length) bytes at index \(index); a multiple of 16 expected")
    else { return }
    threadgroupMemory[index] = length == 0 ? nil : length
    previous = nil
  }

  private func inTable(_ index: Int) -> Bool { (0..<Self.slotCount).contains(index) }

  private func set(_ slot: HostDispatch.Slot?, _ index: Int) {
    slots[index] = slot
    previous = nil
  }

  func dispatchThreadgroups(_ threadgroupsPerGrid: MTLSize, threadsPerThreadgroup: MTLSize) {
    dispatch(.threadgroups(threadgroupsPerGrid), threadsPerThreadgroup)
  }

  func dispatchThreads(_ threadsPerGrid: MTLSize, threadsPerThreadgroup: MTLSize) {
    dispatch(.threads(threadsPerGrid), threadsPerThreadgroup)
  }

  func dispatchThreadgroups(indirectBuffer: any MTLBuffer, indirectBufferOffset: Int, threadsPerThreadgroup: MTLSize) {
    guard let buffer = indirectBuffer as? HostBuffer, demand(
      indirectBufferOffset >= 0 && indirectBufferOffset % 4 == 0 && indirectBufferOffset <= buffer.length - 12,
      "indirectBufferOffset \(indirectBufferOffset): a multiple of 4 with 12 bytes behind it expected")
    else { return }
    dispatch(.indirect(buffer, indirectBufferOffset), threadsPerThreadgroup)
  }

  private func dispatch(_ grid: HostDispatch.Grid, _ threadgroup: MTLSize) {
    guard demand(pipeline != nil, "a dispatch before setComputePipelineState"), let pipeline else { return }
    let threads = [threadgroup.height, threadgroup.depth].reduce(threadgroup.width) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard demand(
      !pipeline.wantsWholeSimdgroups || threads % pipeline.threadExecutionWidth == 0,
      "a threadgroup of \(threads) threads; the pipeline was promised multiples of \(pipeline.threadExecutionWidth)")
    else { return }
    if let previous, previous.count < Int(UInt32.max), previous.isSame(grid, threadgroup) {
      previous.count += 1
      return
    }
    let next = HostDispatch(pipeline, slots, threadgroupMemory, grid, threadgroup)
    commands.add(.dispatch(next))
    previous = next
  }

  func useResource(_ resource: any MTLResource, usage: MTLResourceUsage) {}
  func useResources(_ resources: [any MTLResource], usage: MTLResourceUsage) {}
  func useHeap(_ heap: any MTLHeap) {}
  func useHeaps(_ heaps: [any MTLHeap]) {}
  func updateFence(_ fence: any MTLFence) {}
  func waitForFence(_ fence: any MTLFence) {}
  func memoryBarrier(scope: MTLBarrierScope) {}
  func memoryBarrier(resources: [any MTLResource]) {}
}

extension HostDispatch {
  func isSame(_ grid: Grid, _ threadgroup: MTLSize) -> Bool {
    guard isEqual(self.threadgroup, threadgroup) else { return false }
    switch (self.grid, grid) {
    case (.threads(let a), .threads(let b)), (.threadgroups(let a), .threadgroups(let b)): return isEqual(a, b)
    default: return false
    }
  }

  private func isEqual(_ a: MTLSize, _ b: MTLSize) -> Bool {
    a.width == b.width && a.height == b.height && a.depth == b.depth
  }
}
