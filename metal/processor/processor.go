// Package processor keeps a thread of this machine as busy with arithmetic as its processor allows, for those who measure how much
// that is: no rate of a kernel that runs here means anything without it. It is C, and no kernel: what an engine for kernels makes
// of a processor is what others want to know. It reads no clock and judges nothing.
package processor
