package msl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// ErrUntrustedCache means that a cache cannot be used because somebody else could put code into it: what lies there is
// loaded and run.
var ErrUntrustedCache = errors.New("the kernel cache is refused")

// trusted returns why a cache directory is none that only this user can write. Modules in it are loaded into the process,
// so who can write there can run code as this user. The directory itself must be this user's and closed to everybody
// else's writing; none above it may be open to all, unless it is sticky as /tmp is.
func trusted(dir string) error {
	refuse := func(at, why, remedy string) error {
		return fmt.Errorf("%w: %s %s, and what lies in a cache is run; %s, or set ATTEST_CACHE to a directory of your own",
			ErrUntrustedCache, at, why, remedy)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		return refuse(dir, fmt.Sprintf("belongs to user %d, not to you (user %d)", owner, os.Geteuid()), "remove it")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return refuse(dir, fmt.Sprintf("can be written by others (mode %04o)", info.Mode().Perm()),
			"remove it, since others may have written already, and let it be made again")
	}
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o002 != 0 && info.Mode()&os.ModeSticky == 0 {
			return refuse(at, fmt.Sprintf("can be written by everybody (mode %04o)", info.Mode().Perm()), "chmod o-w "+at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// errNotOwn means that a file of the cache is none that the cache has written.
var errNotOwn = errors.New("not a regular file of this user's own")

// openOwn opens a file of the cache: a regular one, no link, that nobody else can have written.
func openOwn(name string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|noFollow|noWait, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	if owner, known := ownerOf(info); !info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 || known && owner != os.Geteuid() {
		f.Close()
		return nil, nil, errNotOwn
	}
	return f, info, nil
}

// readOwn reads such a file.
func readOwn(name string) ([]byte, error) {
	f, info, err := openOwn(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	_, err = data.ReadFrom(f)
	return data.Bytes(), err
}

// digestOwn is digestBytes of such a file. It keeps none of them: modules are large, and a process looks at many.
func digestOwn(name string) (string, fs.FileInfo, error) {
	f, info, err := openOwn(name)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	h, room := sha256.New(), digestRoom.Get().(*[64 << 10]byte)
	defer digestRoom.Put(room)
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, room[:]); err != nil { // a file would rather copy by a way of its own
		return "", nil, err
	}
	return hex.EncodeToString(h.Sum(nil)), info, nil
}

var digestRoom = sync.Pool{New: func() any { return new([64 << 10]byte) }}
