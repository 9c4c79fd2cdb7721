//go:build unix

package attestclient

import "syscall"

func mapShared(fd, bytes int) ([]byte, error) {
	return syscall.Mmap(fd, 0, bytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

func unmap(memory []byte) { syscall.Munmap(memory) }
