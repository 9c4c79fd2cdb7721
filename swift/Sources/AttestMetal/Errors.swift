// Apple's errors are bridged NSErrors. Here they are plain structs with the same codes, domains and texts.
#if ATTEST_METAL_FOUNDATION
import Foundation
#endif

public let MTLLibraryErrorDomain = "MTLLibraryErrorDomain"
public let MTLCommandBufferErrorDomain = "MTLCommandBufferErrorDomain"

public struct MTLLibraryError: Error, CustomStringConvertible, Sendable {
  public enum Code: UInt, Sendable {
    case unsupported = 1
    case `internal`
    case compileFailure
    case compileWarning
    case functionNotFound
    case fileNotFound

    /// So that `catch MTLLibraryError.compileFailure` works.
    public static func ~= (match: Self, error: any Error) -> Bool { (error as? MTLLibraryError)?.code == match }
  }

  public let code: Code
  public let localizedDescription: String
  public var description: String { localizedDescription }
  public static var errorDomain: String { MTLLibraryErrorDomain }
  public var errorCode: Int { Int(code.rawValue) }
  public static var unsupported: Code { .unsupported }
  public static var `internal`: Code { .internal }
  public static var compileFailure: Code { .compileFailure }
  public static var compileWarning: Code { .compileWarning }
  public static var functionNotFound: Code { .functionNotFound }
  public static var fileNotFound: Code { .fileNotFound }

  init(_ code: Code, _ text: String) {
    self.code = code
    localizedDescription = text
  }
}

public struct MTLCommandBufferError: Error, CustomStringConvertible, Sendable {
  public enum Code: UInt, Sendable {
    case none = 0
    case `internal`
    case timeout
    case pageFault
    case accessRevoked
    case notPermitted = 7
    case outOfMemory
    case invalidResource
    case memoryless
    case deviceRemoved
    case stackOverflow

    public static func ~= (match: Self, error: any Error) -> Bool { (error as? MTLCommandBufferError)?.code == match }
  }

  public let code: Code
  public let localizedDescription: String
  public var description: String { localizedDescription }
  public static var errorDomain: String { MTLCommandBufferErrorDomain }
  public var errorCode: Int { Int(code.rawValue) }
  public static var none: Code { .none }
  public static var `internal`: Code { .internal }
  public static var timeout: Code { .timeout }
  public static var pageFault: Code { .pageFault }
  public static var accessRevoked: Code { .accessRevoked }
  public static var notPermitted: Code { .notPermitted }
  public static var outOfMemory: Code { .outOfMemory }
  public static var invalidResource: Code { .invalidResource }
  public static var memoryless: Code { .memoryless }
  public static var deviceRemoved: Code { .deviceRemoved }
  public static var stackOverflow: Code { .stackOverflow }

  init(_ code: Code, _ text: String) {
    self.code = code
    localizedDescription = text
  }
}

#if ATTEST_METAL_FOUNDATION
// As an NSError, too, each has its domain, code and text.
extension MTLLibraryError: CustomNSError {
  public var errorUserInfo: [String: Any] { [NSLocalizedDescriptionKey: localizedDescription] }
}
extension MTLCommandBufferError: CustomNSError {
  public var errorUserInfo: [String: Any] { [NSLocalizedDescriptionKey: localizedDescription] }
}
#else
extension Error {
  /// What Foundation, which Apple's Metal hands on, says of every error. Foundation's own wins where it is imported.
  @_disfavoredOverload
  public var localizedDescription: String {
    switch self {
    case let error as MTLLibraryError: error.localizedDescription
    case let error as MTLCommandBufferError: error.localizedDescription
    default: String(describing: self)
    }
  }
}
#endif
