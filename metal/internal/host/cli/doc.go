// Package cli is `attest msl run` and `attest msl check`: one kernel, launched by hand on the host runtime with buffers
// from files or generators, timed or watched by the checkers. It only reads flags and prints; package host does the
// work.
package cli
