//go:build !unix

package scratch

import "io/fs"

// isOwn is false where owners are not known: nothing is swept there.
func isOwn(fs.FileInfo) bool { return false }
