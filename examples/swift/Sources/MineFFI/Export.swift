// The five functions of the C ABI, and the latency. All else that the ABI has is refused with error 3 or left out, and attest
// counts such cases as unsupported.
import Foundation
import Metal

private enum Status {
  static let success: Int32 = 0, invalid: Int32 = 1, memory: Int32 = 2, notSupported: Int32 = 3, compilation: Int32 = 4, execution: Int32 = 5
}

private final class Context {
  let attention: Attention
  var seconds = 0.0
  init() throws { attention = try Attention() }
}

private final class Buffer {
  let memory: any MTLBuffer
  init(_ memory: any MTLBuffer) { self.memory = memory }
}

private func handle<T: AnyObject>(_ object: T) -> UnsafeMutableRawPointer { Unmanaged.passRetained(object).toOpaque() }
private func object<T: AnyObject>(_ handle: UnsafeMutableRawPointer, _ type: T.Type) -> T {
  Unmanaged<T>.fromOpaque(handle).takeUnretainedValue()
}

@_cdecl("mfa_create_context")
public func createContext(_ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32 {
  do {
    context.pointee = handle(try Context())
    return Status.success
  } catch {
    FileHandle.standardError.write(Data("mine: \(error)\n".utf8))
    return Status.compilation
  }
}

@_cdecl("mfa_destroy_context")
public func destroyContext(_ context: UnsafeMutableRawPointer?) {
  if let context { Unmanaged<Context>.fromOpaque(context).release() }
}

/// Metal wraps whole pages alone: attest finds that out by itself.
@_cdecl("mfa_buffer_from_ptr")
public func bufferFromPointer(
  _ context: UnsafeMutableRawPointer?, _ data: UnsafeMutableRawPointer?, _ bytes: Int,
  _ buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>
) -> Int32 {
  guard let context, let data, bytes > 0 else { return Status.invalid }
  let device = object(context, Context.self).attention.device
  guard let memory = device.makeBuffer(bytesNoCopy: data, length: bytes, options: .storageModeShared, deallocator: nil) else { return Status.memory }
  buffer.pointee = handle(Buffer(memory))
  return Status.success
}

@_cdecl("mfa_destroy_buffer")
public func destroyBuffer(_ buffer: UnsafeMutableRawPointer?) {
  if let buffer { Unmanaged<Buffer>.fromOpaque(buffer).release() }
}

@_cdecl("mfa_get_gpu_latency")
public func gpuLatency(_ context: UnsafeMutableRawPointer?) -> Double {
  context.map { object($0, Context.self).seconds } ?? 0
}

@_cdecl("mfa_attention_forward")
public func attentionForward(
  _ context: UnsafeMutableRawPointer?, _ q: UnsafeMutableRawPointer?, _ k: UnsafeMutableRawPointer?,
  _ v: UnsafeMutableRawPointer?, _ out: UnsafeMutableRawPointer?, _ batch: UInt32, _ qLen: UInt32, _ kvLen: UInt32,
  _ heads: UInt32, _ headDim: UInt16, _ scale: Float, _ causal: Bool, _ input: Int32, _ intermediate: Int32,
  _ output: Int32, _ transposeQ: Bool, _ transposeK: Bool, _ transposeV: Bool, _ transposeOut: Bool,
  _ mask: UnsafeRawPointer?, _ maskBytes: Int, _ maskShape: UnsafePointer<Int64>?, _ maskStrides: UnsafePointer<Int64>?,
  _ maskDims: UInt32, _ maskType: Int32, _ maskScalar: Int32
) -> Int32 {
  guard let context, let q, let k, let v, let out else { return Status.invalid }
  guard let format = Format(rawValue: input), output == input, intermediate == Format.fp32.rawValue, maskType == 0,
    !(transposeQ || transposeK || transposeV || transposeOut)
  else { return Status.notSupported }
  let mine = object(context, Context.self)
  let problem = Problem(
    batch: Int(batch), heads: Int(heads), qLen: Int(qLen), kvLen: Int(kvLen), headDim: Int(headDim), scale: scale,
    isCausal: causal, format: format)
  do {
    mine.seconds = try mine.attention.run(
      problem, q: object(q, Buffer.self).memory, k: object(k, Buffer.self).memory, v: object(v, Buffer.self).memory,
      out: object(out, Buffer.self).memory)
    return Status.success
  } catch {
    FileHandle.standardError.write(Data("mine: \(error)\n".utf8))
    return error is MTLLibraryError ? Status.compilation : Status.execution
  }
}
