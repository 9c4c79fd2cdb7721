// Package scratch makes temporary folders and files that do not stay behind, whatever ends their process. Who has one holds a
// lock on it, which the system takes back when the process is gone; the next process of the same user that makes one of its own
// removes those that nobody holds. Age, names of processes and contents decide nothing, and what others made is never touched.
//
// Where the file system has no locks nothing is swept, and what a killed process leaves stays.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// prefix is what the names of all of them begin with; host_scratch in metal/internal/host/command.c makes such files too.
const prefix = "attest-scratch-"

// Held is a folder or file of this process.
type Held struct {
	Path string
	lock *flock.Flock
}

// Dir makes a folder in the system's folder for temporary files. kind stands in its name, for people.
func Dir(kind string) (*Held, error) {
	return held(os.TempDir(), func(folder string) (string, error) { return os.MkdirTemp(folder, prefix+kind+"-*") })
}

// File makes a file in a folder, or where that is empty in the system's for temporary files, and returns it open.
func File(folder, kind string) (file *os.File, h *Held, err error) {
	if folder == "" {
		folder = os.TempDir()
	}
	h, err = held(folder, func(folder string) (string, error) {
		if file != nil {
			file.Close() // an earlier one, which a sweeper took
		}
		if file, err = os.CreateTemp(folder, prefix+kind+"-*"); err != nil {
			return "", err
		}
		return file.Name(), nil
	})
	return file, h, err
}

// living are those of this process. A lock that only a forgotten variable held would end with the variable.
var living sync.Map // *Held: nothing

func hold(path string, lock *flock.Flock) *Held {
	h := &Held{path, lock}
	living.Store(h, nil)
	return h
}

// Remove removes it with all that is in it.
func (h *Held) Remove() error {
	living.Delete(h)
	return errors.Join(os.RemoveAll(h.Path), h.lock.Close())
}

// tries is how often in a row a sweeper may be faster than who has just made a folder.
const tries = 100

// held sweeps the folder, once in a process, and makes something new in it that is locked.
func held(folder string, create func(folder string) (string, error)) (*Held, error) {
	tidy(folder)
	for range tries {
		path, err := create(folder)
		if err != nil {
			return nil, fmt.Errorf("scratch: %w", err)
		}
		lock, locked, err := try(path)
		if err != nil { // no locks here, so nobody sweeps
			return hold(path, lock), nil
		}
		if locked && isThere(lock, path) {
			return hold(path, lock), nil
		}
		lock.Close() // between its making and its lock a sweeper found it held by nobody
	}
	return nil, fmt.Errorf("scratch: what is made in %s is gone at once, %d times", folder, tries)
}

var swept sync.Map // folder: *sync.Once

// Tidy sweeps the system's folder for temporary files, once in a process, as the first Dir does.
func Tidy() { tidy(os.TempDir()) }

func tidy(folder string) {
	once, _ := swept.LoadOrStore(folder, &sync.Once{})
	once.(*sync.Once).Do(func() { Sweep(folder) })
}

func try(path string) (lock *flock.Flock, locked bool, err error) {
	lock = flock.New(path, flock.SetFlag(os.O_RDONLY))
	locked, err = lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) {
		return lock, false, nil
	}
	return lock, locked, err
}

func isThere(lock *flock.Flock, path string) bool {
	mine, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

// Sweep removes what nobody holds of all that processes of this user have made in a folder.
func Sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // whoever wants to make something there will hear of it
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), prefix) {
			sweep(filepath.Join(folder, entry.Name()))
		}
	}
}

func sweep(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() || !isOwn(info) {
		return
	}
	lock, locked, err := try(path)
	defer func() { _ = lock.Close() }() // also when the lock was not to be had: it may hold the file open
	if err != nil || !locked || !isThere(lock, path) {
		return
	}
	_ = os.RemoveAll(path) // while it is locked; what cannot be removed stays
}
