import Dispatch

// What orders command buffers, and encoders within one, against each other. Command buffers of a queue and what is in them
// run in order here, so a fence has nothing to do; an event is waited for and signalled as the commands say.

public protocol MTLFence: AnyObject, Sendable {
  var device: any MTLDevice { get }
  var label: String? { get set }
}

public protocol MTLEvent: AnyObject, Sendable {
  var device: (any MTLDevice)? { get }
  var label: String? { get set }
}

public typealias MTLSharedEventNotificationBlock = @Sendable (any MTLSharedEvent, UInt64) -> Void

public protocol MTLSharedEvent: MTLEvent {
  var signaledValue: UInt64 { get set }
  func notify(_ listener: MTLSharedEventListener, atValue value: UInt64, block: @escaping MTLSharedEventNotificationBlock)
  func wait(untilSignaledValue value: UInt64, timeoutMS milliseconds: UInt64) -> Bool
}

public class MTLSharedEventListener: @unchecked Sendable {
  public let dispatchQueue: DispatchQueue
  public init() { dispatchQueue = DispatchQueue(label: "MTLSharedEventListener") }
  public init(dispatchQueue: DispatchQueue) { self.dispatchQueue = dispatchQueue }
}

final class HostFence: MTLFence, @unchecked Sendable {
  let host: HostDevice
  var label: String?
  init(_ host: HostDevice) { self.host = host }
  var device: any MTLDevice { host }
}

final class HostEvent: MTLSharedEvent, @unchecked Sendable {
  let host: HostDevice
  var label: String?
  private let monitor = Monitor()
  private var value: UInt64 = 0
  private var waiting: [(value: UInt64, listener: MTLSharedEventListener, block: MTLSharedEventNotificationBlock)] = []

  init(_ host: HostDevice) { self.host = host }
  var device: (any MTLDevice)? { host }

  /// An event only grows by what command buffers signal; a program may set it to anything.
  var signaledValue: UInt64 {
    get { monitor.hold { value } }
    set {
      let due = monitor.hold {
        value = newValue
        defer { waiting.removeAll { $0.value <= newValue } }
        monitor.wakeAll()
        return waiting.filter { $0.value <= newValue }
      }
      for one in due { one.listener.dispatchQueue.async { one.block(self, newValue) } }
    }
  }

  func notify(_ listener: MTLSharedEventListener, atValue value: UInt64, block: @escaping MTLSharedEventNotificationBlock) {
    let now = monitor.hold {
      if self.value < value { waiting.append((value, listener, block)) }
      return self.value
    }
    if now >= value { listener.dispatchQueue.async { block(self, now) } }
  }

  func wait(untilSignaledValue value: UInt64, timeoutMS milliseconds: UInt64) -> Bool {
    wait(for: value, seconds: Double(milliseconds) / 1000)
  }

  /// Whether the value was reached within so many seconds.
  func wait(for value: UInt64, seconds: Double) -> Bool {
    monitor.hold { monitor.wait(seconds: seconds) { self.value >= value } }
  }
}
