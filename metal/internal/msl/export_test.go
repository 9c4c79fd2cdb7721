package msl

import "path/filepath"

// LockOf is the file on which compilers of the program wait for each other.
func (c *Compiler) LockOf(p Program) string {
	return filepath.Join(c.cache.dir, ".new-"+c.key(&p)+".lock")
}
