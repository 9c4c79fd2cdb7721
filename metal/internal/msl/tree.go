package msl

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// headers returns the directory of our headers: dir/full, and empty ones in dir/empty. A whole one is only read. One that
// is missing, or differs in anything from what it must be, is made anew beside it and put in its place by a rename, by
// one process of all that want it: others may be reading what they have just found whole.
func (c *cache) headers(ctx context.Context) (string, error) {
	files, err := ourHeaders()
	if err != nil {
		return "", err
	}
	name := "headers-" + headerDigest()
	dir := filepath.Join(c.dir, name)
	if wholeTree(dir, files) {
		return dir, nil
	}
	defer c.takeTurn(ctx, name)()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if wholeTree(dir, files) {
		return dir, nil
	}
	return dir, replaceTree(dir, files)
}

// wholeTree reports whether a directory holds these files and no others: a header is part of every module.
func wholeTree(dir string, files map[string][]byte) bool {
	seen := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		want, ours := files[name]
		if have, err := readOwn(path); !ours || err != nil || !bytes.Equal(have, want) {
			return errNotOwn
		}
		seen++
		return nil
	})
	return err == nil && seen == len(files)
}

// replaceTree puts a directory with these files where dir is, or nothing was. Where the file system has no locks another
// process may have done the same at the same time: its directory is as good.
func replaceTree(dir string, files map[string][]byte) error {
	staged, err := os.MkdirTemp(filepath.Dir(dir), pending+"tree-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	made, old := filepath.Join(staged, "made"), filepath.Join(staged, "old")
	for name, data := range files {
		if err := writeFile(filepath.Join(made, name), data); err != nil {
			return err
		}
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(made, dir); err != nil && !wholeTree(dir, files) {
		return err
	}
	return nil
}
