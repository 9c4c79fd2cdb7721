package worker

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"syscall"

	"attest.example/attest/harness/internal/posix"
)

// What Go's runtime prints when it ends a program for a signal, of Go code and of C code.
var (
	signalLine  = regexp.MustCompile(`(?m)(?:^|\[signal |: )(SIG[A-Z0-9]+): `)
	addressText = regexp.MustCompile(`\b(?:addr=|address )(0x[0-9a-fA-F]+)`)
	sentSignal  = regexp.MustCompile(`\bsigcode=(0|-\d+|18446744073709551\d+) `) // by a process: its address is none
	fatalLine   = regexp.MustCompile(`(?m)^(?:fatal error|panic|runtime): (.+)$`)
)

// causeOfDeath names in a few words how a process ended, from its status and what it wrote last.
func causeOfDeath(state *os.ProcessState, stderr string) string {
	if state == nil {
		return "the process is gone"
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "killed by " + posix.SignalName(status.Signal())
	}
	// Go's runtime turns a fatal signal into a dump and status 2.
	if state.ExitCode() == 2 {
		if m := signalLine.FindStringSubmatch(stderr); m != nil {
			if at := faultAddress(stderr); at != 0 && (m[1] == "SIGSEGV" || m[1] == "SIGBUS") {
				return fmt.Sprintf("%s at address %#x", m[1], at)
			}
			return m[1]
		}
		if m := fatalLine.FindStringSubmatch(stderr); m != nil {
			return m[1]
		}
	}
	return "exit status " + strconv.Itoa(state.ExitCode())
}

// faultAddress finds the address of a memory fault in a dump or an error message; 0: there is none.
func faultAddress(text string) uintptr {
	m := addressText.FindStringSubmatch(text)
	if m == nil || sentSignal.MatchString(text) {
		return 0
	}
	address, err := strconv.ParseUint(m[1], 0, 64)
	if err != nil {
		return 0
	}
	return uintptr(address)
}
