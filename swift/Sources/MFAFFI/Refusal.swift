import CDevice
import Metal

/// Why a call failed: the status that the C side passes on, and one line that names what was wrong.
struct Refusal: Error {
  let status: gpu_status
  let text: String

  init(_ status: gpu_status, _ text: String) {
    self.status = status
    self.text = text
  }

  /// An error of Metal's own, in its own words.
  init(_ status: gpu_status, _ what: String, _ error: any Error) {
    self.init(status, "\(what): \(error.localizedDescription)")
  }
}

/// Runs a call of the interface: what it throws becomes a status, with the text in `message`, NUL-terminated and cut to fit.
func answering(_ message: UnsafeMutablePointer<CChar>?, _ bytes: Int, _ body: () throws -> Void) -> gpu_status {
  do {
    // Callers are no Swift or Objective-C threads: without a pool of its own, each call would leak what Metal autoreleases.
    try autoreleasepool(invoking: body)
    return GPU_OK
  } catch let refusal as Refusal {
    write(refusal.text, to: message, bytes)
    return refusal.status
  } catch {
    write(error.localizedDescription, to: message, bytes)
    return GPU_EXECUTION
  }
}

func write(_ text: String, to out: UnsafeMutablePointer<CChar>?, _ bytes: Int) {
  guard let out, bytes > 0 else { return }
  var count = 0
  for byte in text.utf8.prefix(bytes - 1) {
    out[count] = CChar(bitPattern: byte)
    count += 1
  }
  out[count] = 0
}
