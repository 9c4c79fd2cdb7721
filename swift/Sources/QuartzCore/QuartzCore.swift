// Of Core Animation, what compute code imports it for: CACurrentMediaTime, which AttestMetal has.
@_exported import Foundation
@_exported import AttestMetal
