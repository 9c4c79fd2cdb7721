package corpus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/metal/atomicfile"
)

// MaxSlug bounds the name of a case file.
const MaxSlug = 100

// Save writes a case to dir, which it makes, as slug.json, or as its own name where slug is empty. notes, if any,
// replace the case's. A file that holds another case is left alone and is an error; one that holds the same case
// gets the new notes.
func Save(dir string, c cases.Case, slug, notes string) (string, error) {
	return save(dir, c, slug, notes, nil)
}

// SaveFailure writes a failing case to dir under its own name, with what its verdict depended on, as Save does.
func SaveFailure(dir string, c cases.Case, e *cases.Evidence) (string, error) {
	return save(dir, c, "", fmt.Sprintf("%s: %s", e.Verdict, e.Reason), e)
}

func save(dir string, c cases.Case, slug, notes string, failure *cases.Evidence) (string, error) {
	c = c.Clone()
	if err := c.Normalize(); err != nil {
		return "", fmt.Errorf("save a case: %w", err)
	}
	if slug == "" {
		slug = cases.Name(c)
	}
	if err := CheckSlug(slug); err != nil {
		return "", err
	}
	if notes != "" {
		c.Notes = notes
	}
	c.Notes = strings.ToValidUTF8(c.Notes, "\uFFFD")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("save a case: %w", err)
	}
	file := filepath.Join(dir, slug+Extension)
	if err := refuseOther(file, c); err != nil {
		return "", err
	}
	return file, atomicfile.WriteBytes(file, cases.EncodeFile(c, failure))
}

// refuseOther is an error where file exists and is anything but c.
func refuseOther(file string, c cases.Case) error {
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	old, err := loadFile(file)
	if err != nil {
		return fmt.Errorf("save a case: the file exists and is no case: %w", err)
	}
	if name := cases.Name(c); old.ID != name {
		return fmt.Errorf("save a case: %s holds case %s; not overwritten with %s", file, old.ID, name)
	}
	return nil
}

// CheckSlug accepts the names that case files have: lower-case letters, digits and single inner hyphens. So no name
// can leave the folder.
func CheckSlug(slug string) error {
	wrong := slug == "" || len(slug) > MaxSlug || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
		strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") || strings.Contains(slug, "--")
	if wrong {
		return fmt.Errorf("case file name %q; want up to %d lower-case letters, digits and single hyphens between them", slug, MaxSlug)
	}
	return nil
}
