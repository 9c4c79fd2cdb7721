//go:build !unix

package posix

import (
	"fmt"
	"os"
	"syscall"
)

func Map(int, int) ([]byte, error)        { return nil, ErrMissing }
func Reserve(int) ([]byte, error)         { return nil, ErrMissing }
func Unmap([]byte) error                  { return ErrMissing }
func Guard([]byte) error                  { return ErrMissing }
func Kill(int, syscall.Signal) error      { return ErrMissing }
func Stop(int) error                      { return ErrMissing }
func Gone(int) bool                       { return false }
func Group(bool) *syscall.SysProcAttr     { return nil }
func Read(int, []byte) (int, bool, error) { return 0, false, ErrMissing }
func Write(int, []byte) (int, error)      { return 0, ErrMissing }
func Keep(int) error                      { return ErrMissing }
func Pipe() (r, w *os.File, err error)    { return nil, nil, ErrMissing }
func NoCore()                             {}
func SignalName(s syscall.Signal) string  { return fmt.Sprintf("signal %d", int(s)) }
