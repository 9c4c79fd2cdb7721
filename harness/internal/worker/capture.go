package worker

import (
	"os"
	"sync"

	"attest.example/attest/harness/internal/posix"
)

// captureBytes is how much of a worker's standard error is kept from each end: a dump begins with what matters and a
// talkative library ends with it.
const captureBytes = 16 << 10

// capture keeps the beginning and the end of what comes out of a file since the last mark.
type capture struct {
	from       *os.File
	mutex      sync.Mutex
	head, tail []byte
	dropped    bool
	over       bool // nothing more will come
	buffer     [4096]byte
	ended      chan struct{}
}

func newCapture(from *os.File) *capture {
	c := &capture{from: from, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		defer from.Close()
		raw, err := from.SyscallConn()
		if err != nil {
			return
		}
		raw.Read(func(fd uintptr) bool { // until it reports true
			for c.take(fd) {
			}
			return c.isOver()
		})
	}()
	return c
}

// add keeps text; the caller holds the lock.
func (c *capture) add(text []byte) {
	room := min(captureBytes-len(c.head), len(text))
	c.head = append(c.head, text[:room]...)
	c.tail = append(c.tail, text[room:]...)
	if extra := len(c.tail) - captureBytes; extra > 0 {
		c.tail = append(c.tail[:0], c.tail[extra:]...)
		c.dropped = true
	}
}

// isOver reports whether nothing more will come: settled may have read the end as well.
func (c *capture) isOver() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.over
}

// mark forgets what came so far.
func (c *capture) mark() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.head, c.tail, c.dropped = c.head[:0], c.tail[:0], false
}

func (c *capture) text() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.dropped {
		return string(c.head) + "\n[...]\n" + string(c.tail)
	}
	return string(c.head) + string(c.tail)
}

// settled is text with all that was written before: a call's answer comes by another pipe and may be here first.
func (c *capture) settled() string {
	if raw, err := c.from.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { // not where the file is closed, and all has been read
			for c.take(fd) {
			}
		})
	}
	return c.text()
}

// take reads what is there, without waiting, and keeps it. It reports whether there was anything.
func (c *capture) take(fd uintptr) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	n, later, err := posix.Read(int(fd), c.buffer[:])
	c.over = c.over || n == 0 && err == nil || err != nil && !later
	if n <= 0 {
		return false
	}
	c.add(c.buffer[:n])
	return true
}
