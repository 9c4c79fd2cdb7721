//go:build linux && cgo && !msan && !asan

package native

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall
#cgo LDFLAGS: -ldl
#include "faults.h"
*/
import "C"

import "unsafe"

// NoteBytes is the size of what Watch notes: three 64-bit numbers, the count of faults inside watched memory, the
// address of the first, and its signal.
const NoteBytes = 24

// Watch notes faults in memory from now on, NoteBytes of it at a multiple of 8, for the life of the process.
func Watch(memory []byte) { C.faults_watch((*C.fault_note)(unsafe.Pointer(&memory[:NoteBytes][0]))) }

// Region watches this memory in place of what slot 0 or 1 watched before; none ends that.
func Region(slot int, memory []byte) {
	if len(memory) == 0 {
		C.faults_region(C.int(slot), 0, 0)
		return
	}
	C.faults_region(C.int(slot), C.uintptr_t(uintptr(unsafe.Pointer(&memory[0]))), C.size_t(len(memory)))
}

// Rearm is for when other code has run: it makes sure that faults are still seen first.
func Rearm() { C.faults_rearm() }

// PrintByLines lets C code's standard output through at the end of each line, also where it goes into a pipe.
func PrintByLines() { C.print_by_lines() }
