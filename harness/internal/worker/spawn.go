package worker

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"attest.example/attest/harness/internal/posix"
)

// spawned is a child as the operating system sees it.
type spawned struct {
	command  *exec.Cmd
	requests *os.File // to the child
	replies  *os.File // from the child
	stderr   *capture
	exited   chan struct{} // closed when the process is gone; command.ProcessState is set then
}

var (
	errNoMain = errors.New("this program has not called worker.Main, so it cannot be started as a worker")
	errNested = errors.New("this process is a worker itself")
)

// spawn starts this program again as a worker.
func spawn(o Options, regions [2]*region, board *board, skip []string) (s *spawned, err error) {
	if opened == nil {
		return nil, errNoMain
	}
	if Inside() {
		return nil, errNested
	}
	program, err := self()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	var ends []*os.File // of the child; ours are closed where the start fails
	var ours []*os.File
	defer func() {
		for _, f := range ends {
			f.Close()
		}
		if err != nil {
			for _, f := range ours {
				f.Close()
			}
		}
	}()
	pipe := func(childReads bool, make func() (r, w *os.File, err error)) (mine, its *os.File, err error) {
		r, w, err := make()
		if err != nil {
			return nil, nil, fmt.Errorf("pipe: %w", err)
		}
		mine, its = r, w
		if childReads {
			mine, its = w, r
		}
		ours, ends = append(ours, mine), append(ends, its)
		return mine, its, nil
	}
	requests, itsRequests, err := pipe(true, posix.Pipe)
	if err != nil {
		return nil, err
	}
	replies, itsReplies, err := pipe(false, posix.Pipe)
	if err != nil {
		return nil, err
	}
	stderr, itsStderr, err := pipe(false, os.Pipe)
	if err != nil {
		return nil, err
	}
	c := exec.Command(program, Verb, o.Name)
	c.Env = append(os.Environ(), versionVariable+"="+version, nameVariable+"="+o.Name,
		memoryVariable+"="+strconv.FormatInt(o.Memory, 10),
		skipVariable+"="+strings.Join(skip, "\n"))
	c.Stdout, c.Stderr = itsStderr, itsStderr
	c.ExtraFiles = []*os.File{itsRequests, itsReplies, regions[0].file, regions[1].file, board.file}
	c.SysProcAttr = attributes()
	if err := onSpawner(c.Start); err != nil {
		return nil, err
	}
	s = &spawned{command: c, requests: requests, replies: replies, stderr: newCapture(stderr), exited: make(chan struct{})}
	go func() {
		reap(s.command)
		close(s.exited)
	}()
	return s, nil
}

// kill ends the child and whatever it started.
func (s *spawned) kill() {
	select {
	case <-s.exited: // its number may belong to another process by now
	default:
		posix.Kill(-s.command.Process.Pid, syscall.SIGKILL)
		s.command.Process.Kill()
	}
}

// onSpawner runs start on a thread that lives as long as the process. Linux ties the signal for a parent's death to
// the thread that started the child, and Go's threads come and go.
func onSpawner(start func() error) error {
	spawnerOnce.Do(func() {
		spawner = make(chan func())
		go func() {
			runtime.LockOSThread()
			posix.LateTimers()
			for do := range spawner {
				do()
			}
		}()
	})
	done := make(chan error, 1)
	spawner <- func() { done <- start() }
	return <-done
}

var (
	spawnerOnce sync.Once
	spawner     chan func()
)
