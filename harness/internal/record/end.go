package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"attest.example/attest/harness/internal/rundir"
	"attest.example/attest/metal/atomicfile"
)

// End is how a run ended. A run directory without one is of a run that was killed, or that still goes on.
type End struct {
	Interrupted bool   `json:"interrupted"`        // before all that was asked for was judged
	Requested   int    `json:"requested,omitzero"` // cases asked for; 0: as many as the time allowed
	Outside     int    `json:"outside,omitzero"`   // of a run that peels: cases that passed outside the triggers
	Peeled      bool   `json:"peeled,omitzero"`
	Why         string `json:"why,omitzero"` // a run that peels ended before enough cases had passed
}

// SaveEnd writes end.json: the run is over.
func (r *Run) SaveEnd(e End) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("end of the run: %w", err)
	}
	return atomicfile.WriteBytes(r.path(rundir.EndFile), append(text, '\n'))
}

// ReadEnd reads how a run ended; nil: it is not recorded.
func ReadEnd(dir string) (*End, error) {
	file := filepath.Join(dir, rundir.EndFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var e End
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &e, nil
}

// begun takes the end of an earlier part of the run away: it goes on.
func (r *Run) begun() error {
	if err := os.Remove(r.path(rundir.EndFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
