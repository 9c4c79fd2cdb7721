package queue

import (
	"fmt"
	"strings"

	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/record"
)

// protocol is the version of what goes over the wire.
const protocol = 1

// Identity is which attest it is. Two that draw or judge differently must not work on one run.
type Identity struct {
	Protocol int    `json:"protocol"`
	Version  string `json:"version"`
	Commit   string `json:"commit"` // empty, or with +dirty: not known; then only the same file is the same
	Program  string `json:"program"`
}

// Self is this program.
func Self() Identity {
	return Identity{protocol, record.BuildVersion(), record.BuildCommit(), evidence.Program()}
}

// Agrees is nil where a program is the one that a plan was made by, or built from the same commit; else it names which one
// is needed.
func (i Identity) Agrees(plan Identity) error {
	if i.Protocol != plan.Protocol {
		return fmt.Errorf("the campaign speaks protocol %d, and this attest %d; want attest %s", plan.Protocol, i.Protocol, plan.words())
	}
	if i.Commit != "" && i.Commit == plan.Commit && !strings.HasSuffix(i.Commit, "+dirty") {
		return nil
	}
	if i.Program != "" && i.Program == plan.Program {
		return nil
	}
	return fmt.Errorf("the campaign was submitted by attest %s, and this is %s; want that one", plan.words(), i.words())
}

func (i Identity) words() string {
	switch {
	case i.Commit == "":
		return fmt.Sprintf("%s (commit not recorded, program %s)", i.Version, i.Program)
	case strings.HasSuffix(i.Commit, "+dirty"):
		return fmt.Sprintf("%s of a changed tree at commit %s (program %s)", i.Version, strings.TrimSuffix(i.Commit, "+dirty"), i.Program)
	}
	return fmt.Sprintf("%s of commit %s", i.Version, i.Commit)
}
