package record

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/metal/atomicfile"
)

// optionsVersion is the version of a run directory's format.
const optionsVersion = 1

type optionsDocument struct {
	Version int             `json:"version"`
	Header  Header          `json:"header"`
	Options json.RawMessage `json:"options"`
}

func writeOptions(path string, h Header, options json.RawMessage) error {
	text, err := json.MarshalIndent(optionsDocument{optionsVersion, h, options}, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(text, '\n'))
}

// ReadOptions returns the header of a run directory and the options it was opened with, as JSON.
func ReadOptions(dir string) (Header, json.RawMessage, error) {
	path := filepath.Join(dir, OptionsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Header{}, nil, fmt.Errorf("not a run directory: %w", err)
	}
	var doc optionsDocument
	if err := json.Unmarshal(text, &doc); err != nil {
		return Header{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	if doc.Version != optionsVersion {
		return Header{}, nil, fmt.Errorf("%s: version: %d; want %d", path, doc.Version, optionsVersion)
	}
	return doc.Header, doc.Options, nil
}

// DecodeOptions reads the options that the run was opened with into a value of the engine's own type. Fields that
// the type does not have are an error.
func (r *Run) DecodeOptions(into any) error {
	dec := json.NewDecoder(bytes.NewReader(r.options))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: options: %w", r.path(OptionsFile), err)
	}
	return nil
}
