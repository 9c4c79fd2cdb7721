// Package processor keeps a thread of this machine as busy with arithmetic as its processor allows, for those who measure how much
// that is: no rate of a kernel that runs here means anything without it. It is C, and no kernel, since no engine for kernels makes
// all of a processor. It reads no clock and judges nothing.
package processor

// SumsEach is how many sums a turn multiplies and adds to, each as wide as the processor's vectors: enough to hide how long one
// such operation takes.
const SumsEach = 16

// Operations is what a turn counts: of each element of each sum a multiplication and an addition. 0: there is no C here.
func Operations() float64 { return 2 * SumsEach * float64(Bits()/32) }
