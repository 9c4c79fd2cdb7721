// The system's log: here what is an error goes to standard error, and all else too where OS_ACTIVITY_DT_MODE is set, by which
// Apple's copies its log there.
import Foundation

public struct OSLogType: RawRepresentable, Equatable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public init(_ rawValue: UInt8) { self.rawValue = rawValue }
  public static let `default` = OSLogType(0), info = OSLogType(1), debug = OSLogType(2), error = OSLogType(16), fault = OSLogType(17)
}

public final class OSLog: Sendable {
  public struct Category: RawRepresentable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let pointsOfInterest = Category(rawValue: "PointsOfInterest")
  }

  let subsystem, category: String
  let isDisabled: Bool
  private init(_ subsystem: String, _ category: String, isDisabled: Bool) { (self.subsystem, self.category, self.isDisabled) = (subsystem, category, isDisabled) }
  public convenience init(subsystem: String, category: String) { self.init(subsystem, category, isDisabled: false) }
  public convenience init(subsystem: String, category: Category) { self.init(subsystem, category.rawValue, isDisabled: false) }
  public static let `default` = OSLog("", "", isDisabled: false)
  public static let disabled = OSLog("", "", isDisabled: true)

  private static let showsAll = ProcessInfo.processInfo.environment["OS_ACTIVITY_DT_MODE"] != nil
  public func isEnabled(type: OSLogType) -> Bool { !isDisabled && (Self.showsAll || type == .error || type == .fault) }

  func write(_ type: OSLogType, _ text: String) {
    guard isEnabled(type: type) else { return }
    let place = subsystem.isEmpty ? "" : "[\(subsystem):\(category)] "
    FileHandle.standardError.write(Data((place + text + "\n").utf8))
  }
}

public struct OSLogPrivacy: Sendable {
  public enum Mask: Sendable { case none, hash }
  public static let auto = OSLogPrivacy(), `public` = OSLogPrivacy(), `private` = OSLogPrivacy(), sensitive = OSLogPrivacy()
  public static func `private`(mask: Mask) -> OSLogPrivacy { .private }
  public static func auto(mask: Mask) -> OSLogPrivacy { .auto }
  public static func sensitive(mask: Mask) -> OSLogPrivacy { .sensitive }
}

public struct OSLogFloatFormatting: Sendable {
  let specifier: String
  public static var fixed: OSLogFloatFormatting { .init(specifier: "%f") }
  public static var exponential: OSLogFloatFormatting { .init(specifier: "%e") }
  public static var hybrid: OSLogFloatFormatting { .init(specifier: "%g") }
  public static var hex: OSLogFloatFormatting { .init(specifier: "%a") }
  public static func fixed(precision: Int) -> OSLogFloatFormatting { .init(specifier: "%.\(precision)f") }
  public static func exponential(precision: Int) -> OSLogFloatFormatting { .init(specifier: "%.\(precision)e") }
  public static func hybrid(precision: Int) -> OSLogFloatFormatting { .init(specifier: "%.\(precision)g") }
}

public struct OSLogIntegerFormatting: Sendable {
  let radix: Int, prefix: String
  public static var decimal: OSLogIntegerFormatting { .init(radix: 10, prefix: "") }
  public static var hex: OSLogIntegerFormatting { .init(radix: 16, prefix: "") }
  public static var octal: OSLogIntegerFormatting { .init(radix: 8, prefix: "") }
  public static func hex(includePrefix: Bool) -> OSLogIntegerFormatting { .init(radix: 16, prefix: includePrefix ? "0x" : "") }
}

/// A line of the log. All of it can be read here: nothing is masked as private.
public struct OSLogMessage: ExpressibleByStringInterpolation, ExpressibleByStringLiteral, Sendable {
  let text: String
  public init(stringLiteral value: String) { text = value }
  public init(stringInterpolation: OSLogInterpolation) { text = stringInterpolation.text }
}

public struct OSLogInterpolation: StringInterpolationProtocol, Sendable {
  var text = ""
  public init(literalCapacity: Int, interpolationCount: Int) {}
  public mutating func appendLiteral(_ literal: String) { text += literal }
  public mutating func appendInterpolation<T>(_ value: @autoclosure () -> T, privacy: OSLogPrivacy = .auto) { text += "\(value())" }
  public mutating func appendInterpolation<T: FixedWidthInteger>(
    _ value: @autoclosure () -> T, format: OSLogIntegerFormatting, privacy: OSLogPrivacy = .auto
  ) { text += format.prefix + String(value(), radix: format.radix) }
  public mutating func appendInterpolation<T: BinaryFloatingPoint>(
    _ value: @autoclosure () -> T, format: OSLogFloatFormatting, privacy: OSLogPrivacy = .auto
  ) { text += String(format: format.specifier, Double(value())) }
}

public struct Logger: Sendable {
  let log: OSLog
  public init() { log = .default }
  public init(subsystem: String, category: String) { log = OSLog(subsystem: subsystem, category: category) }
  public init(_ log: OSLog) { self.log = log }
  public func log(level: OSLogType, _ message: OSLogMessage) { log.write(level, message.text) }
  public func log(_ message: OSLogMessage) { log.write(.default, message.text) }
  public func trace(_ message: OSLogMessage) { log.write(.debug, message.text) }
  public func debug(_ message: OSLogMessage) { log.write(.debug, message.text) }
  public func info(_ message: OSLogMessage) { log.write(.info, message.text) }
  public func notice(_ message: OSLogMessage) { log.write(.default, message.text) }
  public func warning(_ message: OSLogMessage) { log.write(.error, message.text) }
  public func error(_ message: OSLogMessage) { log.write(.error, message.text) }
  public func critical(_ message: OSLogMessage) { log.write(.fault, message.text) }
  public func fault(_ message: OSLogMessage) { log.write(.fault, message.text) }
}

public func os_log(_ type: OSLogType = .default, log: OSLog = .default, _ message: OSLogMessage) { log.write(type, message.text) }

/// The older form, whose conversions may have a privacy in braces.
@_disfavoredOverload
public func os_log(_ message: StaticString, dso: UnsafeRawPointer? = nil, log: OSLog = .default, type: OSLogType = .default, _ arguments: any CVarArg...) {
  guard log.isEnabled(type: type) else { return }
  let format = "\(message)".replacingOccurrences(of: "%\\{[^}]*\\}", with: "%", options: .regularExpression)
  log.write(type, String(format: format, arguments: arguments))
}

@_disfavoredOverload
public func os_log(_ type: OSLogType, dso: UnsafeRawPointer? = nil, log: OSLog = .default, _ message: StaticString, _ arguments: any CVarArg...) {
  guard log.isEnabled(type: type) else { return }
  let format = "\(message)".replacingOccurrences(of: "%\\{[^}]*\\}", with: "%", options: .regularExpression)
  log.write(type, String(format: format, arguments: arguments))
}
