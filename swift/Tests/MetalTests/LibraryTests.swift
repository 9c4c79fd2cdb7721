import Metal
import XCTest

final class LibraryTests: XCTestCase {
  let text = """
    #include <metal_stdlib>
    using namespace metal;
    constant float factor [[function_constant(2)]];
    constant bool flag [[function_constant(3)]];
    kernel void scale(device float *x [[buffer(4)]], threadgroup float *t [[threadgroup(1)]], uint i [[thread_position_in_grid]]) {
      x[i] *= flag ? factor : OTHER;
    }
    kernel void other(device int *x) { *x = __METAL_VERSION__; }
    """

  func library(_ options: MTLCompileOptions = MTLCompileOptions()) throws -> any MTLLibrary {
    options.preprocessorMacros = ["OTHER": 7]
    return try XCTUnwrap(MTLCreateSystemDefaultDevice()).makeLibrary(source: text, options: options)
  }

  func testNamesConstantsAndReflection() throws {
    let library = try library()
    XCTAssertEqual(library.functionNames, ["scale", "other"])
    XCTAssertNil(library.makeFunction(name: "absent"))
    let function = try library.makeFunction(name: "scale", constantValues: values(factor: 3, flag: true))
    let factor = try XCTUnwrap(function.functionConstantsDictionary["factor"])
    XCTAssertEqual(factor.index, 2)
    XCTAssertEqual(factor.type, .float)
    var reflection: MTLAutoreleasedComputePipelineReflection?
    let descriptor = MTLComputePipelineDescriptor()
    descriptor.computeFunction = function
    descriptor.maxTotalThreadsPerThreadgroup = 64
    let state = try library.device.makeComputePipelineState(
      descriptor: descriptor, options: .argumentInfo, reflection: &reflection)
    XCTAssertEqual(state.maxTotalThreadsPerThreadgroup, 64)
    XCTAssertEqual(state.threadExecutionWidth, 32)
    let bindings = try XCTUnwrap(reflection).bindings.map { "\($0.type) \($0.index) \($0.name) \($0.isUsed)" }
    XCTAssertEqual(bindings, ["buffer 4 x true", "threadgroupMemory 1 t true"])
  }

  func values(factor: Float, flag: Bool) -> MTLFunctionConstantValues {
    let values = MTLFunctionConstantValues()
    var factor = factor, flag = flag
    values.setConstantValue(&factor, type: .float, index: 2)
    values.setConstantValue(&flag, type: .bool, withName: "flag")
    return values
  }

  func testConstantsAndMacrosReachTheKernel() throws {
    let library = try library()
    let device = library.device
    for (flag, want) in [(true, Float(6)), (false, Float(14))] {
      let state = try device.makeComputePipelineState(
        function: library.makeFunction(name: "scale", constantValues: values(factor: 3, flag: flag)))
      let buffer = try XCTUnwrap(device.makeBuffer(bytes: [Float(2)], length: 4))
      let commands = try XCTUnwrap(device.makeCommandQueue()?.makeCommandBuffer())
      let encoder = try XCTUnwrap(commands.makeComputeCommandEncoder())
      encoder.setComputePipelineState(state)
      encoder.setBuffer(buffer, offset: 0, index: 4)
      encoder.setThreadgroupMemoryLength(16, index: 1)
      encoder.dispatchThreads(size(1), threadsPerThreadgroup: size(1))
      encoder.endEncoding()
      commands.commit()
      commands.waitUntilCompleted()
      XCTAssertNil(commands.error)
      XCTAssertEqual(contents(buffer), [want], "flag \(flag)")
    }
  }

  func testConstantsOfTheWrongTypeOrWithoutValueAreRefused() throws {
    let library = try library()
    let wrong = MTLFunctionConstantValues()
    var number: Int32 = 1
    wrong.setConstantValue(&number, type: .int, index: 2)
    XCTAssertThrowsError(try library.makeFunction(name: "scale", constantValues: wrong)) {
      XCTAssert($0.localizedDescription.contains("factor (index 2) is a float"), $0.localizedDescription)
    }
    let plain = try XCTUnwrap(library.makeFunction(name: "scale"))
    XCTAssertThrowsError(try library.device.makeComputePipelineState(function: plain)) {
      XCTAssert($0.localizedDescription.contains("given no value"), $0.localizedDescription)
    }
    XCTAssertThrowsError(try library.makeFunction(name: "absent", constantValues: wrong)) {
      XCTAssertEqual(($0 as? MTLLibraryError)?.code, .functionNotFound)
    }
  }

  func testLanguageVersionReachesTheText() throws {
    for (version, want) in [(MTLLanguageVersion.version3_0, Int32(300)), (.version3_1, 310), (.version2_4, 240)] {
      let options = MTLCompileOptions()
      options.languageVersion = version
      let library = try library(options)
      let state = try library.device.makeComputePipelineState(function: XCTUnwrap(library.makeFunction(name: "other")))
      let buffer = try XCTUnwrap(library.device.makeBuffer(length: 4))
      let commands = try XCTUnwrap(library.device.makeCommandQueue()?.makeCommandBuffer())
      let encoder = try XCTUnwrap(commands.makeComputeCommandEncoder())
      encoder.setComputePipelineState(state)
      encoder.setBuffer(buffer, offset: 0, index: 0)
      encoder.dispatchThreads(size(1), threadsPerThreadgroup: size(1))
      encoder.endEncoding()
      commands.commit()
      commands.waitUntilCompleted()
      XCTAssertEqual(buffer.contents().load(as: Int32.self), want)
    }
  }

  func testFastMathSetsBothModes() {
    let options = MTLCompileOptions()
    XCTAssert(options.fastMathEnabled)
    for (isFast, mode, functions) in [(false, MTLMathMode.safe, MTLMathFloatingPointFunctions.precise), (true, .fast, .fast)] {
      options.fastMathEnabled = isFast
      XCTAssertEqual(options.mathMode, mode)
      XCTAssertEqual(options.mathFloatingPointFunctions, functions)
    }
  }

  func testErrorsAreCaughtByTheirCode() throws {
    let library = try library()
    do {
      _ = try library.makeFunction(name: "absent", constantValues: MTLFunctionConstantValues())
      XCTFail("nothing thrown")
    } catch MTLCommandBufferError.invalidResource {
      XCTFail("another domain's")
    } catch MTLLibraryError.functionNotFound {
      // as it should
    }
  }

  func testOptionsAreReadWhenTheyAreGiven() throws {
    let made = expectation(description: "made, as the macro was")
    let device = try XCTUnwrap(MTLCreateSystemDefaultDevice())
    let options = MTLCompileOptions()
    options.preprocessorMacros = ["TYPE": "float"]
    device.makeLibrary(source: "kernel void k(device TYPE *x) { }", options: options) { library, error in
      XCTAssertNil(error)
      XCTAssertEqual(library?.functionNames, ["k"])
      made.fulfill()
    }
    options.preprocessorMacros = nil
    wait(for: [made], timeout: 60)
  }

  func testNameAndFamilyAreSettable() throws {
    var settings = MetalStandIn.Settings()
    settings.name = "Apple M3 Max"
    settings.family = .apple9
    let device = try XCTUnwrap(MetalStandIn.makeDevice(settings))
    XCTAssertEqual(device.name, "Apple M3 Max")
    for (family, wanted) in [(MTLGPUFamily.apple7, true), (.apple9, true), (.apple10, false), (.metal3, true), (.mac2, false)] {
      XCTAssertEqual(device.supportsFamily(family), wanted, "\(family)")
    }
  }
}
