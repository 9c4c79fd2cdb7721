// The module that programs import. Apple's hands on Foundation, and so does this one where it is built for programs of
// others; what it declares itself is all in AttestMetal, which can so be imported without the rest.
@_exported import Glibc
@_exported import AttestMetal
#if ATTEST_METAL_FOUNDATION
@_exported import Foundation
#endif
