//go:build !linux

package worker

import "os"

// sharedFile makes a temporary file and takes its name away at once, so that nothing can be left behind.
func sharedFile() (*os.File, error) {
	file, err := os.CreateTemp("", "attest-tensors-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
