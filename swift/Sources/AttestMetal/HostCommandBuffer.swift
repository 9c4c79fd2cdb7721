internal import CDevice
internal import Glibc

/// Commands in order. What Metal's validation layer would refuse while they are encoded fails the whole command buffer
/// when it is committed, and none of it runs.
final class HostCommandBuffer: MTLCommandBuffer, @unchecked Sendable {
  enum Command {
    case dispatch(HostDispatch)
    case copy(HostCopy)
    case fill(HostBuffer, Range<Int>, UInt8)
    case signal(HostEvent, UInt64)
    case wait(HostEvent, UInt64)
  }

  let queue: HostQueue
  let retainedReferences: Bool // all are retained here
  let errorOptions: MTLCommandBufferErrorOption
  var label: String?
  private var commands: [Command] = []
  private weak var openEncoder: HostEncoder?

  // Under the queue's monitor.
  var state = MTLCommandBufferStatus.notEnqueued
  var isFinished = false // its handlers too
  private(set) var completedHandlers: [MTLCommandBufferHandler] = []

  // Of whoever encodes, then of whoever runs it; others read them once it has ended.
  private(set) var failure: MTLCommandBufferError?
  private(set) var failedWhileRunning = false
  private(set) var gpuStartTime = 0.0
  private(set) var gpuEndTime = 0.0

  init(_ queue: HostQueue, retains: Bool, errorOptions: MTLCommandBufferErrorOption = []) {
    self.queue = queue
    retainedReferences = retains
    self.errorOptions = errorOptions
  }

  var device: any MTLDevice { queue.host }
  var commandQueue: any MTLCommandQueue { queue }
  var kernelStartTime: Double { gpuStartTime }
  var kernelEndTime: Double { gpuEndTime }
  var status: MTLCommandBufferStatus { queue.monitor.hold { state } }
  var error: (any Error)? { queue.monitor.hold { state == .error ? failure : nil } }

  // MARK: encoding

  func makeComputeCommandEncoder() -> (any MTLComputeCommandEncoder)? { makeComputeCommandEncoder(dispatchType: .serial) }
  func makeComputeCommandEncoder(dispatchType: MTLDispatchType) -> (any MTLComputeCommandEncoder)? {
    open { HostComputeEncoder(self, dispatchType) }
  }
  func makeBlitCommandEncoder() -> (any MTLBlitCommandEncoder)? { open { HostBlitEncoder(self) } }

  private func open<Encoder: HostEncoder>(_ make: () -> Encoder) -> Encoder? {
    if openEncoder != nil { refuse("an encoder is made before the one before it has ended") }
    guard status == .notEnqueued || status == .enqueued else { return nil }
    let encoder = make()
    openEncoder = encoder
    return encoder
  }

  func close(_ encoder: HostEncoder) {
    if openEncoder === encoder { openEncoder = nil }
  }

  func add(_ command: Command) { commands.append(command) }

  /// The first refusal counts.
  func refuse(_ text: String) {
    if failure == nil { failure = MTLCommandBufferError(.invalidResource, text) }
  }

  func encodeSignalEvent(_ event: any MTLEvent, value: UInt64) {
    if let event = between("encodeSignalEvent", event) { add(.signal(event, value)) }
  }
  func encodeWaitForEvent(_ event: any MTLEvent, value: UInt64) {
    if let event = between("encodeWaitForEvent", event) { add(.wait(event, value)) }
  }

  private func between(_ what: String, _ event: any MTLEvent) -> HostEvent? {
    if openEncoder != nil { refuse("\(what) while an encoder is open") }
    guard let event = event as? HostEvent else {
      refuse("\(what): the event is of another device")
      return nil
    }
    return event
  }

  func useResidencySet(_ set: any MTLResidencySet) {}
  func useResidencySets(_ sets: [any MTLResidencySet]) {}

  func pushDebugGroup(_ string: String) {}
  func popDebugGroup() {}

  // MARK: running

  func enqueue() { queue.enqueue(self) }

  func commit() {
    if openEncoder != nil { refuse("commit before the encoder has ended") }
    queue.commit(self)
  }

  func waitUntilCompleted() { queue.wait(for: self) }

  func completed() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isOver = queue.monitor.hold {
        if state == .completed || state == .error { return true }
        completedHandlers.append { _ in continuation.resume() }
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  // Scheduling takes no time here: what is committed is as good as scheduled.
  func waitUntilScheduled() {}
  func scheduled() async {}

  func addScheduledHandler(_ block: @escaping MTLCommandBufferHandler) { addCompletedHandler(block) }
  func addCompletedHandler(_ block: @escaping MTLCommandBufferHandler) {
    queue.monitor.hold { completedHandlers.append(block) }
  }

  /// Little enough that handing it to another thread would cost more than running it.
  var isSmall: Bool {
    completedHandlers.isEmpty && commands.count <= 8
      && commands.allSatisfy {
        switch $0 {
        case .dispatch(let dispatch): dispatch.threads.map { $0 * dispatch.count <= 4096 } ?? false
        case .copy(let copy): copy.bytes <= 65536
        case .fill(_, let range, _): range.count <= 65536
        case .signal: true
        case .wait(let event, let value): event.signaledValue >= value // else it may take as long as it likes
        }
      }
  }

  func run(isPoisoned: Bool) {
    gpuStartTime = seconds()
    gpuEndTime = gpuStartTime
    if isPoisoned, failure == nil {
      failure = MTLCommandBufferError(.accessRevoked, "ignored, for an earlier command buffer of this queue failed")
    }
    for command in commands where failure == nil {
      let began = seconds()
      switch command {
      case .dispatch(let dispatch):
        do { gpuEndTime += try dispatch.run() } catch {
          failure = error
          failedWhileRunning = error.code != .invalidResource
        }
      case .copy(let copy):
        copy.run()
        gpuEndTime += seconds() - began
      case .fill(let buffer, let range, let value):
        memset(buffer.contents() + range.lowerBound, Int32(value), range.count)
        gpuEndTime += seconds() - began
      case .signal(let event, let value):
        if event.signaledValue < value { event.signaledValue = value }
      case .wait(let event, let value):
        let limit = queue.host.settings.timeout
        if !event.wait(for: value, seconds: limit > 0 ? limit : .infinity) {
          failure = MTLCommandBufferError(.timeout, "an event did not reach \(value) within \(limit) s; it is at \(event.signaledValue)")
          failedWhileRunning = true
        }
        gpuEndTime += seconds() - began
      }
    }
    commands = []
    if let failure { warnOnce("a command buffer failed: \(failure)") }
  }
}

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
