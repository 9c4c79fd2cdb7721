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
// compiler may take: who has the turn may have been stopped, as by Ctrl-Z, and never go on. It has lost the turn then, so that
// others need not wait as well.
func (c *cache) takeTurn(ctx context.Context, name string) (release func()) {
	path := filepath.Join(c.dir, pending+name+".lock") // trimmed like other leftovers of interrupted processes
	for {
		was, _ := os.Stat(path)
		lock, taken := c.waitFor(ctx, path)
		switch {
		case taken && isThere(lock, path):
			return func() {
				os.Remove(path) // while it is held; who waits for it then asks for the next one
				lock.Close()
			}
		case !taken && (ctx.Err() != nil || !isAt(was, path) || os.Remove(path) != nil):
			lock.Close()
			return func() {}
		}
		lock.Close() // who had it before has removed it, and a third may hold the one that is there now; or it was taken away
	}
}

// waitFor waits for a lock as long as anybody does.
func (c *cache) waitFor(ctx context.Context, path string) (lock *flock.Flock, taken bool) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	lock = flock.New(path)
	taken, err := lock.TryLockContext(ctx, retryInterval)
	return lock, taken && err == nil
}

// isThere reports whether the file of a lock that is held is still the one of that name.
func isThere(lock *flock.Flock, path string) bool {
	held, err := lock.Stat()
	return err != nil || isAt(held, path)
}

// isAt reports whether a file is the one of that name.
func isAt(file os.FileInfo, path string) bool {
	there, err := os.Stat(path)
	return err == nil && file != nil && os.SameFile(file, there)
}
