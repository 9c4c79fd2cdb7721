package worker

import (
	"fmt"
	"reflect"

	"attest.example/attest/harness/internal/posix"
)

// view is a region as a child sees it.
type view struct{ memory []byte }

// remap maps the region as it is now and takes the access to its guards away. It returns the address of its start.
func (v *view) remap(fd, size int, guards []extent) (uintptr, error) {
	if v.memory != nil {
		if err := posix.Unmap(v.memory); err != nil {
			return 0, fmt.Errorf("unmap shared memory: %w", err)
		}
		v.memory = nil
	}
	memory, err := posix.Map(fd, size)
	if err != nil {
		return 0, fmt.Errorf("map shared memory, %d bytes: %w", size, err)
	}
	v.memory = memory
	for _, g := range guards {
		if g.Start < 0 || g.End > len(memory) || g.Start >= g.End {
			return 0, fmt.Errorf("guard: bytes %d to %d of %d", g.Start, g.End, len(memory))
		}
		if err := posix.Guard(memory[g.Start:g.End]); err != nil {
			return 0, fmt.Errorf("protect guard pages: %w", err)
		}
	}
	return reflect.ValueOf(memory).Pointer(), nil
}
