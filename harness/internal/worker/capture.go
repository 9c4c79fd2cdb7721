package worker

import (
	"os"
	"sync"
)

// captureBytes is how much of a worker's standard error is kept from each end: a dump begins with what matters and a
// talkative library ends with it.
const captureBytes = 16 << 10

// capture keeps the beginning and the end of what comes out of a file since the last mark.
type capture struct {
	mutex      sync.Mutex
	head, tail []byte
	dropped    bool
	ended      chan struct{}
}

func newCapture(from *os.File) *capture {
	c := &capture{ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		defer from.Close()
		buffer := make([]byte, 4096)
		for {
			n, err := from.Read(buffer)
			c.add(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *capture) add(text []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	room := min(captureBytes-len(c.head), len(text))
	c.head = append(c.head, text[:room]...)
	c.tail = append(c.tail, text[room:]...)
	if extra := len(c.tail) - captureBytes; extra > 0 {
		c.tail = append(c.tail[:0], c.tail[extra:]...)
		c.dropped = true
	}
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
