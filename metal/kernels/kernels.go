// Package kernels carries the Metal texts of this project, so that they travel inside the binary.
// It never compiles or runs them.
package kernels

import _ "embed"

// Attention is attention.metal: flash-attention forward, in MSL 3.1.
//
//go:embed attention.metal
var Attention string
