// Package lifetime closes things that C made: once, in any order, and also when a program forgets to. It never knows
// what it closes.
package lifetime

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Users counts who needs something: its owner, until the owner lets go, and all that was made from it. The last one to
// let go closes it, in whatever order a program closes or forgets things. A nil Users counts nothing.
type Users struct {
	count atomic.Int64
	close func()
}

// NewUsers counts the owner.
func NewUsers(close func()) *Users {
	u := &Users{close: close}
	u.count.Store(1)
	return u
}

func (u *Users) retain() {
	if u != nil {
		u.count.Add(1)
	}
}

// Release lets go, once for each user.
func (u *Users) Release() {
	if u != nil && u.count.Add(-1) == 0 {
		u.close()
	}
}

// Resource is something that is closed once: by its owner, or by the garbage collector some time after the owner was
// forgotten.
type Resource struct {
	once    sync.Once
	closing func()
	needs   *Users
	cleanup runtime.Cleanup
}

// New makes a resource of what owner stands for. It is a user of needs, which may be nil, until it is closed. closing
// must not refer to owner, or nobody ever forgets it.
func New[T any](owner *T, needs *Users, closing func()) *Resource {
	needs.retain()
	r := &Resource{closing: closing, needs: needs}
	r.cleanup = runtime.AddCleanup(owner, (*Resource).run, r)
	return r
}

func (r *Resource) run() {
	r.once.Do(func() {
		r.closing()
		r.needs.Release()
	})
}

// Close closes it now; the garbage collector has nothing left to do.
func (r *Resource) Close() {
	r.cleanup.Stop()
	r.run()
}
