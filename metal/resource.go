package metal

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// users counts who needs something: itself, until it is closed, and all that was made from it. The last one to go
// closes it, in whatever order a program closes or forgets things.
type users struct {
	count atomic.Int64
	close func()
}

func newUsers(close func()) *users {
	u := &users{close: close}
	u.count.Store(1)
	return u
}

func (u *users) retain() {
	if u != nil {
		u.count.Add(1)
	}
}

func (u *users) release() {
	if u != nil && u.count.Add(-1) == 0 {
		u.close()
	}
}

// resource is something that is closed once: by its owner, or by the garbage collector some time after the owner was
// forgotten.
type resource struct {
	once    sync.Once
	closing func()
	device  *users // needed until then; nil where there is none
	cleanup runtime.Cleanup
}

func newResource[T any](owner *T, device *users, closing func()) *resource {
	device.retain()
	r := &resource{closing: closing, device: device}
	r.cleanup = runtime.AddCleanup(owner, (*resource).run, r)
	return r
}

func (r *resource) run() {
	r.once.Do(func() {
		r.closing()
		r.device.release()
	})
}

// close does what the garbage collector now need not.
func (r *resource) close() {
	r.cleanup.Stop()
	r.run()
}
