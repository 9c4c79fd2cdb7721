internal import Glibc

/// What encoders have in common: they are open until endEncoding, and what is refused fails their command buffer.
class HostEncoder: MTLCommandEncoder {
  let commands: HostCommandBuffer
  var label: String?
  private var isOpen = true

  init(_ commands: HostCommandBuffer) { self.commands = commands }

  var device: any MTLDevice { commands.device }
  func insertDebugSignpost(_ string: String) {}
  func pushDebugGroup(_ string: String) {}
  func popDebugGroup() {}

  func endEncoding() {
    if !isOpen { commands.refuse("endEncoding a second time") }
    isOpen = false
    commands.close(self)
  }

  /// Whether the condition holds and the encoder is open; else the command buffer fails.
  func demand(_ condition: Bool, _ text: @autoclosure () -> String) -> Bool {
    guard isOpen else {
      commands.refuse("encoding after endEncoding")
      return false
    }
    if !condition { commands.refuse(text()) }
    return condition
  }
}

final class HostBlitEncoder: HostEncoder, MTLBlitCommandEncoder {
  func updateFence(_ fence: any MTLFence) {}
  func waitForFence(_ fence: any MTLFence) {}
  func synchronize(resource: any MTLResource) {}

  func fill(buffer: any MTLBuffer, range: Range<Int>, value: UInt8) {
    guard let buffer = buffer as? HostBuffer,
      demand(range.lowerBound >= 0 && range.upperBound <= buffer.length, "fill of \(range): the buffer has \(buffer.length) bytes")
    else { return }
    commands.add(.fill(buffer, range, value))
  }

  func copy(
    from sourceBuffer: any MTLBuffer, sourceOffset: Int, to destinationBuffer: any MTLBuffer, destinationOffset: Int,
    size: Int
  ) {
    guard let from = sourceBuffer as? HostBuffer, let to = destinationBuffer as? HostBuffer else { return }
    for (what, offset, length) in [("source", sourceOffset, from.length), ("destination", destinationOffset, to.length)] {
      guard demand(
        offset >= 0 && size >= 0 && offset <= length && size <= length - offset,
        "copy of \(size) bytes at \(offset): the \(what) has \(length) bytes")
      else { return }
    }
    commands.add(
      .copy(HostCopy(from: from, fromOffset: sourceOffset, to: to, toOffset: destinationOffset, bytes: size)))
  }
}

struct HostCopy {
  let from: HostBuffer
  let fromOffset: Int
  let to: HostBuffer
  let toOffset: Int
  let bytes: Int

  func run() { memmove(to.contents() + toOffset, from.contents() + fromOffset, bytes) }
}
