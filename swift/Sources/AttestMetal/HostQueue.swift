import Dispatch

/// Runs its command buffers one after another, in the order in which they were enqueued or committed.
///
/// There is no thread of its own. Whoever gets there first runs what is due: the thread that waits, or one of
/// Dispatch's; a small command buffer runs on the thread that commits it, before commit returns.
final class HostQueue: MTLCommandQueue, @unchecked Sendable {
  let host: HostDevice
  var label: String?
  let monitor = Monitor() // of what follows, and of the states of this queue's command buffers
  private var order: [HostCommandBuffer] = []
  private var isRunning = false
  private(set) var isPoisoned = false

  init(_ host: HostDevice) { self.host = host }

  var device: any MTLDevice { host }
  func makeCommandBuffer() -> (any MTLCommandBuffer)? { HostCommandBuffer(self, retains: true) }
  func makeCommandBufferWithUnretainedReferences() -> (any MTLCommandBuffer)? { HostCommandBuffer(self, retains: false) }
  func makeCommandBuffer(descriptor: MTLCommandBufferDescriptor) -> (any MTLCommandBuffer)? {
    HostCommandBuffer(self, retains: descriptor.retainedReferences, errorOptions: descriptor.errorOptions)
  }

  // All memory is resident.
  func addResidencySet(_ set: any MTLResidencySet) {}
  func addResidencySets(_ sets: [any MTLResidencySet]) {}
  func removeResidencySet(_ set: any MTLResidencySet) {}
  func removeResidencySets(_ sets: [any MTLResidencySet]) {}

  func enqueue(_ buffer: HostCommandBuffer) {
    monitor.hold {
      guard buffer.state == .notEnqueued else { return }
      buffer.state = .enqueued
      order.append(buffer)
    }
  }

  func commit(_ buffer: HostCommandBuffer) {
    let isNext = monitor.hold {
      guard buffer.state == .notEnqueued || buffer.state == .enqueued else { return false }
      if buffer.state == .notEnqueued { order.append(buffer) }
      buffer.state = .committed
      return order.first === buffer
    }
    if isNext, buffer.isSmall { run(until: buffer) } else { runLater() }
  }

  private func runLater() { DispatchQueue.global().async { self.run(until: nil) } }

  /// Runs what is due, unless another thread is at it, and stops after `last`: what comes then is others' to wait for.
  func run(until last: HostCommandBuffer?) {
    let mine = monitor.hold {
      defer { isRunning = true }
      return !isRunning
    }
    guard mine else { return }
    var ended: HostCommandBuffer?
    while true {
      let next: HostCommandBuffer? = monitor.hold {
        if let first = order.first, first.state == .committed, ended == nil || ended !== last {
          first.state = .scheduled
          return first
        }
        isRunning = false
        return nil
      }
      guard let next else { break }
      next.run(isPoisoned: isPoisoned)
      finish(next)
      ended = next
    }
    if monitor.hold({ order.first?.state == .committed && !isRunning }) { runLater() }
  }

  private func finish(_ buffer: HostCommandBuffer) {
    let handlers: [MTLCommandBufferHandler] = monitor.hold {
      order.removeFirst()
      buffer.state = buffer.failure == nil ? .completed : .error
      if buffer.failedWhileRunning, host.settings.ignoresSubmissionsAfterError { isPoisoned = true }
      if buffer.completedHandlers.isEmpty {
        buffer.isFinished = true
        monitor.wakeAll()
      }
      return buffer.completedHandlers
    }
    guard !handlers.isEmpty else { return }
    // On a thread of their own: a handler may commit to this queue, and wait.
    DispatchQueue.global().async {
      for handler in handlers { handler(buffer) }
      self.monitor.hold {
        buffer.isFinished = true
        self.monitor.wakeAll()
      }
    }
  }

  func wait(for buffer: HostCommandBuffer) {
    guard monitor.hold({ buffer.state != .notEnqueued && buffer.state != .enqueued }) else {
      warn("waitUntilCompleted before commit would wait for ever; it returns at once")
      return
    }
    run(until: buffer)
    monitor.hold { monitor.wait { buffer.isFinished } }
  }
}
