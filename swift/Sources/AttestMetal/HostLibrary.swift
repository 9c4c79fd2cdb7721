internal import CDevice
internal import CHost
internal import Glibc
import Dispatch

/// A text that has passed the compiler's front end, and what it offers. Code is made for a pipeline, when its function
/// constants are known.
final class HostLibrary: MTLLibrary, @unchecked Sendable {
  struct Argument {
    let type: MTLBindingType
    let index: Int
    let name: String
  }

  let host: HostDevice
  let source: String
  let math: gpu_math
  let version: UInt32
  let type: MTLLibraryType
  let installName: String?
  var label: String?
  private(set) var functionNames: [String] = []
  private(set) var arguments: [String: [Argument]] = [:] // by function
  private(set) var constants: [MTLFunctionConstant] = []

  static let file = "program_source" // as Apple's diagnostics say

  init(_ host: HostDevice, _ source: String, _ options: MTLCompileOptions) throws {
    guard options.libraryType == .executable else {
      throw MTLLibraryError(.unsupported, "dynamic libraries are not made here")
    }
    self.host = host
    type = options.libraryType
    installName = options.installName
    math = options.mathMode == .safe ? GPU_MATH_SAFE : GPU_MATH_FAST
    version = UInt32(options.languageVersion.rawValue >> 16 * 100 + (options.languageVersion.rawValue & 0xFFFF) * 10)
    self.source = try Self.defines(options.preprocessorMacros) + source
    try inspect()
  }

  private static func defines(_ macros: [String: Any]?) throws -> String {
    guard let macros, !macros.isEmpty else { return "" }
    var text = ""
    for (name, value) in macros.sorted(by: { $0.key < $1.key }) {
      let spelled = (value as? Bool).map { $0 ? "1" : "0" } ?? "\(value)"
      guard !spelled.contains("\n") else { throw MTLLibraryError(.compileFailure, "macro \(name): its value has several lines") }
      text += "#define \(name) \(spelled)\n"
    }
    return text + "#line 1 \"\(file)\"\n"
  }

  private func inspect() throws {
    var said: UnsafeMutablePointer<CChar>?
    let status = standin_inspect(source, Self.file, math, version, &said)
    defer { free(said) }
    let text = said.map { String(cString: $0) } ?? "no memory to compile"
    guard status == GPU_OK else { throw MTLLibraryError(.compileFailure, text) }
    for line in text.split(separator: "\n") {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      switch (columns[0], columns.count) {
      case ("kernel", 4): functionNames.append(columns[1])
      case ("argument", 4):
        guard let function = functionNames.last, let index = Int(columns[2]) else { continue }
        let type: MTLBindingType = columns[1] == "buffer" ? .buffer : .threadgroupMemory
        arguments[function, default: []].append(Argument(type: type, index: index, name: columns[3]))
      case ("constant", 5):
        guard let index = Int(columns[2]) else { continue }
        constants.append(
          MTLFunctionConstant(
            name: columns[1], type: MTLDataType(spelled: columns[3]) ?? .none, index: index, required: columns[4] == "1"))
      case ("refused", 4): continue // a function of another stage, or of what is not here: the library does not have it
      default: throw MTLLibraryError(.internal, "the compiler said what is not understood: \(line)")
      }
    }
  }

  var device: any MTLDevice { host }

  func makeFunction(name: String) -> (any MTLFunction)? {
    functionNames.contains(name) ? HostFunction(self, name, MTLFunctionConstantValues()) : nil
  }

  func makeFunction(name: String, constantValues: MTLFunctionConstantValues) throws -> any MTLFunction {
    guard functionNames.contains(name) else {
      throw MTLLibraryError(.functionNotFound, "no function \(name); the text has: \(functionNames.joined(separator: ", "))")
    }
    if let refused = constantValues.refused { throw MTLLibraryError(.compileFailure, refused) }
    for constant in constants {
      let given = constantValues.byIndex[UInt32(constant.index)] ?? constantValues.byName[constant.name]
      guard let given, let declared = constant.type.scalar else { continue }
      guard given.type == declared.type else {
        throw MTLLibraryError(
          .compileFailure, "function constant \(constant.name) (index \(constant.index)) is a \(constant.type) in the text")
      }
    }
    return HostFunction(self, name, constantValues.copy())
  }

  func makeFunction(
    name: String, constantValues: MTLFunctionConstantValues,
    completionHandler: @escaping @Sendable ((any MTLFunction)?, (any Error)?) -> Void
  ) {
    nonisolated(unsafe) let values = constantValues.copy() // the caller may change its own meanwhile
    DispatchQueue.global().async {
      do { completionHandler(try self.makeFunction(name: name, constantValues: values), nil) } catch { completionHandler(nil, error) }
    }
  }

  func makeFunction(descriptor: MTLFunctionDescriptor) throws -> any MTLFunction {
    guard let name = descriptor.name else { throw MTLLibraryError(.functionNotFound, "the descriptor has no name") }
    let made = try makeFunction(name: name, constantValues: descriptor.constantValues ?? MTLFunctionConstantValues())
    if let specialized = descriptor.specializedName, let made = made as? HostFunction { made.specializedName = specialized }
    return made
  }
}

final class HostFunction: MTLFunction, @unchecked Sendable {
  let library: HostLibrary
  private let kernel: String
  var specializedName: String? // before it is handed out
  /// Its own where the constants were given with one; kernelName is that of the text.
  var name: String { specializedName ?? kernel }
  var kernelName: String { kernel }
  let constantValues: MTLFunctionConstantValues
  var label: String?

  init(_ library: HostLibrary, _ name: String, _ values: MTLFunctionConstantValues) {
    self.library = library
    kernel = name
    constantValues = values
  }

  var device: any MTLDevice { library.host }
  var functionType: MTLFunctionType { .kernel }

  /// Of the whole text: which of them this function reads is not told apart.
  var functionConstantsDictionary: [String: MTLFunctionConstant] {
    Dictionary(library.constants.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}
