//go:build !windows

package atomicfile

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

type renamed struct{ *renameio.PendingFile }

func create(path string) (pending, error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o644))
	return renamed{f}, err
}

func (r renamed) replace() error { return r.CloseAtomicallyReplace() }
func (r renamed) discard()       { _ = r.Cleanup() } // nothing once it has replaced
