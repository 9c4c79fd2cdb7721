package msl

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// retryInterval is how long a process waits before it asks again whether another is done: next to what compiling takes,
// nothing.
const retryInterval = 5 * time.Millisecond

// takeTurn waits until nobody else, in this process or another, makes the file of that name in the cache. Who waited looks
// for the file again before it makes it. release ends the turn. Where the file system has no locks, or ctx ends, nobody
// waits: what is made twice is made twice, for files appear by a rename. Nor does anybody wait for longer than one run of the
// compiler may take: who has the turn may have been stopped, as by Ctrl-Z, and never go on.
func (c *cache) takeTurn(ctx context.Context, name string) (release func()) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	path := filepath.Join(c.dir, pending+name+".lock") // trimmed like other leftovers of interrupted processes
	for {
		lock := flock.New(path)
		if taken, err := lock.TryLockContext(ctx, retryInterval); err != nil || !taken {
			lock.Close()
			return func() {}
		}
		if held, err := lock.Stat(); err == nil {
			if there, err := os.Stat(path); err != nil || !os.SameFile(held, there) {
				lock.Close() // who had it before has removed it, and a third may hold the one that is there now
				continue
			}
		}
		return func() {
			os.Remove(path) // while it is held; who waits for it then asks for the next one
			lock.Close()
		}
	}
}
