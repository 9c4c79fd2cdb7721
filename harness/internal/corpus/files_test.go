package corpus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/rundir"
)

func small(t testing.TB) cases.Case {
	t.Helper()
	c := cases.Case{Version: cases.Version, Batch: 1, Heads: 2, QLen: 3, KVLen: 5, HeadDim: 8, Input: precision.FP32}
	require.NoError(t, c.Normalize())
	return c
}

func TestADamagedFileCostsOnlyItself(t *testing.T) {
	good := &fstest.MapFile{Data: cases.Encode(small(t))}
	files := fstest.MapFS{
		"b.json": good, "a.json": good, "notes.txt": good, ".hidden.json": good, "sub/c.json": good,
		"broken.json":  {Data: []byte(`{"version":1,`)},
		"empty.json":   {},
		"unknown.json": {Data: []byte(`{"version":1,"colour":"red"}`)},
		"long.json":    {Data: append([]byte(`{"version":1,"notes":"`), make([]byte, cases.MaxFileBytes)...)},
		"utf8.json":    {Data: []byte("{\"version\":1,\"notes\":\"\xff\"}")},
		"pipe.json":    {Mode: fs.ModeNamedPipe},
	}
	items, errs := LoadFS(files, ".")
	require.Len(t, items, 2)
	require.Equal(t, []string{"a", "b"}, []string{items[0].Slug, items[1].Slug})
	require.Equal(t, cases.Name(small(t)), items[0].ID)
	var bad []string
	for _, err := range errs {
		var f *FileError
		require.ErrorAs(t, err, &f)
		bad = append(bad, f.Path)
	}
	require.Equal(t, []string{"broken.json", "empty.json", "long.json", "pipe.json", "unknown.json", "utf8.json"}, bad)
}

func TestLoadTakesFilesAndFolders(t *testing.T) {
	dir := t.TempDir()
	one, err := Save(dir, small(t), "one", "bug 1: a note")
	require.NoError(t, err)
	odd := filepath.Join(dir, "case.txt")
	require.NoError(t, os.WriteFile(odd, cases.Encode(small(t)), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "two.json"), []byte("{}"), 0o644))
	missing := filepath.Join(dir, "missing.json")

	items, errs := Load(dir, odd, missing)
	require.Len(t, items, 2)
	require.Equal(t, []string{one, odd}, []string{items[0].Path, items[1].Path})
	require.Equal(t, "bug 1: a note", items[0].Case.Notes)
	require.Len(t, errs, 2)
	require.ErrorContains(t, errs[0], filepath.Join(dir, "two.json")+": ")
	require.ErrorContains(t, errs[1], missing)
	require.True(t, errors.Is(errs[1], os.ErrNotExist))
}

func TestLoadOfARunDirectoryReadsItsFailures(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, rundir.ResultsFile), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, rundir.OptionsFile), []byte("{}"), 0o644))
	file, err := Save(filepath.Join(dir, rundir.FailuresDir), small(t), "", "")
	require.NoError(t, err)
	items, errs := Load(dir)
	require.Empty(t, errs)
	require.Len(t, items, 1)
	require.Equal(t, file, items[0].Path)
}

func TestSaveRefusesNamesThatLeaveTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "corpus")
	for _, slug := range []string{
		"../evil", "a/b", `a\b`, "..", ".", "/etc/passwd", "a.json", "A", "a b", "-a", "a-", "a--b", "a\x00", "é",
		strings.Repeat("a", MaxSlug+1),
	} {
		_, err := Save(dir, small(t), slug, "")
		require.ErrorContains(t, err, "case file name", slug)
	}
	require.NoDirExists(t, dir)
	file, err := Save(dir, small(t), "", "")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, cases.Name(small(t))+Extension), file)
}

func TestSaveOverwritesOnlyTheSameCase(t *testing.T) {
	dir := t.TempDir()
	c := small(t)
	file, err := Save(dir, c, "one", "first")
	require.NoError(t, err)
	_, err = Save(dir, c, "one", "second")
	require.NoError(t, err)

	other := c.Clone()
	other.QLen++
	_, err = Save(dir, other, "one", "")
	require.ErrorContains(t, err, "not overwritten")

	items, errs := Load(file)
	require.Empty(t, errs)
	require.Equal(t, "second", items[0].Case.Notes)

	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o644))
	_, err = Save(dir, c, "one", "")
	require.ErrorContains(t, err, "is no case")

	_, err = Save(dir, cases.Case{}, "two", "")
	require.ErrorContains(t, err, "version")
}
