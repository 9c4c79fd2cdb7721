package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/picture"
	"attest.example/attest/harness/internal/rundir"
	"attest.example/attest/metal/atomicfile"
)

// maxPictureBytes bounds a picture's file; one of the largest has some 200,000.
const maxPictureBytes = 4 << 20

// SavePicture writes pictures/ID.json, what the output of the failure's reduced case looks like.
func (r *Run) SavePicture(id string, p *picture.Picture) error {
	if !isName(id) {
		return fmt.Errorf("id %q; want the name of a case, 12 hex digits", id)
	}
	dir := r.path(rundir.PicturesDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("picture of %s: %w", id, err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("picture of %s: %w", id, err)
	}
	return atomicfile.WriteBytes(filepath.Join(dir, id+".json"), append(text, '\n'))
}

// PictureFile is where a run directory keeps the picture of a failure.
func PictureFile(dir, id string) string { return filepath.Join(dir, rundir.PicturesDir, id+".json") }

// DecodePicture reads the text of a picture's file.
func DecodePicture(text []byte) (*picture.Picture, error) {
	if len(text) > maxPictureBytes {
		return nil, fmt.Errorf("a picture of %d bytes; want at most %d", len(text), maxPictureBytes)
	}
	var p picture.Picture
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	return &p, p.Check()
}

// ReadPicture reads the picture of a failure; nil: the run directory has none.
func ReadPicture(dir, id string) (*picture.Picture, error) {
	file := PictureFile(dir, id)
	if info, err := os.Stat(file); err == nil && info.Size() > maxPictureBytes {
		return nil, fmt.Errorf("%s has %d bytes; want at most %d", file, info.Size(), maxPictureBytes)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	p, err := DecodePicture(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}
