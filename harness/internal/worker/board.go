package worker

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/harness/internal/worker/native"
)

// board is a page of memory that a parent shares with its children, for what must be known of a child that can no longer
// answer: which address outside the tensors it touched, and which phase of opening its path it was in.
type board struct {
	file   *os.File
	memory []byte
}

// The board's contents: what native notes of faults, whether the child compiles and how many nanoseconds it has, then the
// phase, as its length and its text.
const (
	compilingAt = 64
	compiledAt  = compilingAt + 8
	phaseAt     = compiledAt + 8
	phaseText   = phaseAt + 8
)

func newBoard() (*board, error) {
	file, err := sharedFile()
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	if err := file.Truncate(int64(page)); err != nil {
		file.Close()
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	b := &board{file: file}
	if b.memory, err = mapBoard(int(file.Fd())); err != nil {
		file.Close()
		return nil, err
	}
	return b, nil
}

func mapBoard(fd int) ([]byte, error) {
	memory, err := posix.Map(fd, page)
	if err != nil {
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return memory, nil
}

// number is one of the board's. The parent looks once the child has answered or ended, so nobody writes it then.
func (b *board) number(at int) uint64 { return binary.NativeEndian.Uint64(b.memory[at:]) }

// word is one of the numbers that the parent reads while the child may write it.
func (b *board) word(at int) *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&b.memory[at])) }

// setCompiling is a listener of compiling.Stopwatch.
func (b *board) setCompiling(now bool, spent time.Duration) {
	b.word(compiledAt).Store(uint64(spent))
	flag := uint64(0)
	if now {
		flag = 1
	}
	b.word(compilingAt).Store(flag)
}

func (b *board) compiling() (now bool, spent time.Duration) {
	now = b.word(compilingAt).Load() != 0 // first: once it is 0 the other number is that of then
	return now, time.Duration(b.word(compiledAt).Load())
}

// clear forgets faults.
func (b *board) clear() { clear(b.memory[:native.NoteBytes]) }

// fault is the first fault inside a region since clear, if there was one.
func (b *board) fault() (address uintptr, signal syscall.Signal, ok bool) {
	return uintptr(b.number(8)), syscall.Signal(b.number(16)), b.number(0) != 0
}

func (b *board) setPhase(words string) {
	n := copy(b.memory[phaseText:], words)
	binary.NativeEndian.PutUint64(b.memory[phaseAt:], uint64(n))
}

func (b *board) phase() string {
	n := min(b.number(phaseAt), uint64(len(b.memory)-phaseText))
	return string(b.memory[phaseText : phaseText+int(n)])
}

func (b *board) close() {
	posix.Unmap(b.memory)
	b.file.Close()
}
