//go:build unix

package posix

import (
	"os"
	"reflect"
	"testing"

	"attest.example/attest/metal/page"
)

// Mapped memory begins where every machine's page does, is what was asked for, and can be given back.
func TestMappedMemoryBeginsOnTheLargestPage(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "memory")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	var held [][]byte
	for i := range 16 { // of as many, one in four begins there by chance
		bytes := 4096*i + 100
		shared, err := Map(int(f.Fd()), bytes)
		if err != nil {
			t.Fatal(err)
		}
		own, err := Reserve(bytes)
		if err != nil {
			t.Fatal(err)
		}
		for _, memory := range [][]byte{shared, own} {
			if at := reflect.ValueOf(memory).Pointer(); at%page.Largest != 0 || len(memory) != bytes {
				t.Errorf("%d bytes at %#x, asked for %d", len(memory), at, bytes)
			}
		}
		own[0], own[bytes-1], shared[bytes-1] = 1, 2, byte(i+1)
		held = append(held, shared, own)
	}
	other, err := Map(int(f.Fd()), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		if got := other[4096*i+99]; got != byte(i+1) {
			t.Errorf("another mapping of the file reads %d, written was %d", got, i+1)
		}
	}
	for _, memory := range append(held, other) {
		if err := Unmap(memory); err != nil {
			t.Error(err)
		}
	}
}
