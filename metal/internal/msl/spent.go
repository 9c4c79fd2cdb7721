package msl

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"time"
)

// spentFolder holds a file for each kernel that fibers run and vectors might: how long they have been at it, eight bytes for each
// time that a process told. Appended, so that processes need not wait for each other.
const spentFolder = "spent"

// Spend adds to the time that engine fibers has spent on a kernel, in all processes that use the cache, and returns the sum: what
// was added alone where nothing can be kept. The name is a file's, and the caller's to choose.
func (c *Compiler) Spend(kernel string, t time.Duration) time.Duration {
	folder := filepath.Join(c.cache.dir, spentFolder)
	name := filepath.Join(folder, kernel)
	if os.MkdirAll(folder, 0o755) != nil {
		return t
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return t
	}
	_, err = f.Write(binary.LittleEndian.AppendUint64(nil, uint64(t)))
	if f.Close() != nil || err != nil {
		return t
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return t
	}
	sum := time.Duration(0)
	for ; len(data) >= 8; data = data[8:] {
		if one := time.Duration(binary.LittleEndian.Uint64(data)); one > 0 && one < 24*time.Hour { // or the file is damaged
			sum += one
		}
	}
	return max(sum, t)
}

// Claim sets the time of a kernel back to nothing. Of several processes that want to compile it for what was spent one has true.
func (c *Compiler) Claim(kernel string) bool {
	return os.Remove(filepath.Join(c.cache.dir, spentFolder, kernel)) == nil
}

// forgetSpent removes what was told of kernels that nobody has run for long, as of texts that were edited since.
func (c *cache) forgetSpent() {
	folder := filepath.Join(c.dir, spentFolder)
	entries, _ := os.ReadDir(folder) // absent where fibers have run nothing yet
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > 14*24*time.Hour {
			os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}
