import Foundation
import Metal
import os

enum Format: Int32 {
  case fp16 = 0, bf16, fp32
  var bytes: Int { self == .fp32 ? 4 : 2 }
}

struct Problem: Hashable {
  var batch, heads, qLen, kvLen, headDim: Int
  var scale: Float
  var isCausal: Bool
  var format: Format

  /// What a pipeline depends on.
  var kind: Problem {
    var kind = self
    (kind.batch, kind.heads, kind.qLen, kind.kvLen) = (0, 0, 0, 0)
    return kind
  }
}

struct Failure: Error { let text: String }

/// A device, a queue and the pipelines that were made so far.
final class Attention: Sendable {
  let device: any MTLDevice
  private let queue: any MTLCommandQueue
  private let library: any MTLLibrary
  private let pipelines = OSAllocatedUnfairLock<[Problem: any MTLComputePipelineState]>(initialState: [:])
  private let log = Logger(subsystem: "mine", category: "attention")

  init() throws {
    guard let device = MTLCreateSystemDefaultDevice(), let queue = device.makeCommandQueue() else { throw Failure(text: "no Metal device") }
    queue.label = "mine"
    self.device = device
    self.queue = queue
    let file = Bundle.module.url(forResource: "attention", withExtension: "metal")!
    let options = MTLCompileOptions()
    options.languageVersion = .version3_2
    options.mathMode = .safe
    library = try device.makeLibrary(source: String(contentsOf: file, encoding: .utf8), options: options)
    log.debug("on \(device.name)")
  }

  private func pipeline(_ problem: Problem) throws -> any MTLComputePipelineState {
    let kind = problem.kind
    if let made = pipelines.withLock({ $0[kind] }) { return made }
    let constants = MTLFunctionConstantValues()
    var isCausal = problem.isCausal, headDim = UInt32(problem.headDim), scale = problem.scale
    constants.setConstantValue(&isCausal, type: .bool, index: 0)
    constants.setConstantValue(&headDim, type: .uint, withName: "head_dim")
    constants.setConstantValue(&scale, type: .float, index: 2)
    let descriptor = MTLComputePipelineDescriptor()
    descriptor.label = "attention_\(problem.format)"
    descriptor.computeFunction = try library.makeFunction(name: "attention_\(problem.format)", constantValues: constants)
    descriptor.threadGroupSizeIsMultipleOfThreadExecutionWidth = true
    let made = try device.makeComputePipelineState(descriptor: descriptor, options: [], reflection: nil)
    pipelines.withLock { $0[kind] = made }
    return made
  }

  /// Seconds on the GPU.
  func run(_ problem: Problem, q: any MTLBuffer, k: any MTLBuffer, v: any MTLBuffer, out: any MTLBuffer) throws -> Double {
    let state = try pipeline(problem)
    let scratch = problem.batch * problem.heads * problem.qLen * problem.headDim * 4
    let need = device.heapBufferSizeAndAlign(length: scratch, options: .storageModePrivate)
    let heapDescriptor = MTLHeapDescriptor()
    heapDescriptor.size = need.size
    heapDescriptor.storageMode = .private
    guard let heap = device.makeHeap(descriptor: heapDescriptor), let sums = heap.makeBuffer(length: scratch, options: .storageModePrivate),
      let commands = queue.makeCommandBuffer(), let encoder = commands.makeComputeCommandEncoder()
    else { throw Failure(text: "no memory for \(scratch) bytes") }
    encoder.setComputePipelineState(state)
    encoder.useHeap(heap)
    encoder.setBuffers([q, k, v, out, sums], offsets: [0, 0, 0, 0, 0], range: 0..<5)
    var sizes = SIMD2<UInt32>(UInt32(problem.qLen), UInt32(problem.kvLen))
    encoder.setBytes(&sizes, length: MemoryLayout.size(ofValue: sizes), index: 5)
    encoder.dispatchThreadgroups(
      MTLSize(width: problem.qLen, height: problem.batch * problem.heads, depth: 1),
      threadsPerThreadgroup: MTLSize(width: state.threadExecutionWidth, height: 1, depth: 1))
    encoder.endEncoding()
    commands.commit()
    commands.waitUntilCompleted()
    if let error = commands.error { throw error }
    return commands.gpuEndTime - commands.gpuStartTime
  }
}
