//go:build !unix

package attestclient

import "errors"

func mapShared(int, int) ([]byte, error) {
	return nil, errors.New("this client maps shared memory on Unix systems only, as Linux and macOS are")
}

func unmap([]byte) {}
