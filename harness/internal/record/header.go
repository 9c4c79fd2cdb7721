package record

import (
	"runtime"
	"runtime/debug"
)

// Header is what a whole run was made with. It opens bench.txt and options.json.
type Header struct {
	Path      string `json:"path"`
	Device    string `json:"device"`
	Toolchain string `json:"toolchain"`
	OS        string `json:"goos"`   // default: this machine's
	Arch      string `json:"goarch"` // default: this machine's
	Commit    string `json:"commit"` // default: of this binary, where the build recorded it
	Seed      uint64 `json:"seed"`
	// Peak is what rates are held against: the most operations a second that the device was seen to do; 0: not known.
	Peak float64 `json:"peak_flops,omitzero"`
	// Generator tells one generator of cases from another, as far as this run's cases go; Ledger one file of known
	// failures from another. Empty: not known, or none.
	Generator string `json:"generator,omitzero"`
	Ledger    string `json:"ledger_sum,omitzero"`
}

// FillDefaults fills in what is empty and can be known here.
func (h *Header) FillDefaults() {
	if h.OS == "" {
		h.OS = runtime.GOOS
	}
	if h.Arch == "" {
		h.Arch = runtime.GOARCH
	}
	if h.Commit == "" {
		h.Commit = BuildCommit()
	}
}

// BuildVersion is that of the module that this binary was built from: a tag or the like, "devel" where the build has
// none.
func BuildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// BuildCommit is the commit of this binary, with "+dirty" where the tree differed; empty where the build does not tell.
func BuildCommit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
