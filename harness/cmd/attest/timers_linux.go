//go:build linux && cgo

package main

// The program's own timers may be late by a millisecond, as those of its workers are (package worker says why). Threads inherit
// this from the one that starts them, and Go's runtime starts its own before any code of Go, so C asks for it first.

// #cgo CFLAGS: -std=gnu11 -O2 -Wall
import "C"
