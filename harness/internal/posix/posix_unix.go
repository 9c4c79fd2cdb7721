//go:build unix

package posix

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"attest.example/attest/metal/page"
)

// Map maps the first bytes of a file for reading and writing, shared with whoever else maps it. The memory begins at a
// multiple of page.Largest.
func Map(fd, bytes int) ([]byte, error) {
	return mapAligned(fd, bytes, unix.MAP_SHARED)
}

// Reserve maps zeroed memory of which a page takes room when it is first written, at a multiple of page.Largest.
func Reserve(bytes int) ([]byte, error) {
	return mapAligned(-1, bytes, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
}

// mapAligned takes room for the memory and its alignment, maps what is wanted inside, and gives the rest back.
func mapAligned(fd, bytes, flags int) ([]byte, error) {
	own := uintptr(os.Getpagesize())
	align := uintptr(page.Whole())
	whole := (uintptr(bytes) + own - 1) / own * own
	room, err := unix.MmapPtr(-1, 0, nil, whole+align, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, err
	}
	before := -uintptr(room) % align
	memory := unsafe.Add(room, before)
	if _, err := unix.MmapPtr(fd, 0, memory, uintptr(bytes), unix.PROT_READ|unix.PROT_WRITE, flags|unix.MAP_FIXED); err != nil {
		unix.MunmapPtr(room, whole+align)
		return nil, err
	}
	if before > 0 {
		unix.MunmapPtr(room, before)
	}
	if after := align - before; after > 0 {
		unix.MunmapPtr(unsafe.Add(memory, whole), after)
	}
	return unsafe.Slice((*byte)(memory), bytes), nil
}

// Unmap ends a mapping of Map or Reserve.
func Unmap(memory []byte) error {
	return unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(memory)), uintptr(cap(memory)))
}

// Guard takes every access to whole pages away.
func Guard(pages []byte) error { return unix.Mprotect(pages, unix.PROT_NONE) }

// Kill sends a signal to a process, or to the process group -pid.
func Kill(pid int, s syscall.Signal) error { return unix.Kill(pid, s) }

// Stop halts a process, which cannot refuse.
func Stop(pid int) error { return unix.Kill(pid, unix.SIGSTOP) }

// Gone reports whether there is no such process.
func Gone(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }

// Group sets whether a command's process has a process group of its own.
func Group(own bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: own} }

// Read reads what is there. empty: nothing is there yet.
func Read(fd int, into []byte) (n int, empty bool, err error) {
	for {
		n, err = unix.Read(fd, into)
		if !errors.Is(err, unix.EINTR) {
			return n, errors.Is(err, unix.EAGAIN), err
		}
	}
}

// Write writes once.
func Write(fd int, data []byte) (int, error) { return unix.Write(fd, data) }

// Keep reports an error where a file descriptor is not open; a program that is started later does not inherit it.
func Keep(fd int) error {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	unix.CloseOnExec(fd)
	return nil
}

// Pipe is os.Pipe without the runtime's poller: reads and writes block.
func Pipe() (r, w *os.File, err error) {
	var fds [2]int
	syscall.ForkLock.RLock() // no child may start before both are marked
	err = unix.Pipe(fds[:])
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// NoCore has this process leave no core dump.
func NoCore() { unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }

// SignalName is "SIGSEGV", or "signal 99" for one without a name.
func SignalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}
