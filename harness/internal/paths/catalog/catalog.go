// Package catalog opens paths by the names that --path takes and finds out which of them work on this machine. It is the
// one place that knows every path; the paths do not know it.
package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/execpath"
	"attest.example/attest/harness/internal/paths/fault"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/harness/internal/paths/mslpath"
	"attest.example/attest/harness/internal/paths/naive"
	"attest.example/attest/harness/internal/paths/paced"
	"attest.example/attest/metal"
)

// Entry is a kind of path.
type Entry struct {
	Name    string // "naive", or "lib:FILE" where the path takes an argument
	Summary string // what it is, in one line
	// Check is nil where the path works here, else why it does not. Of an entry with an argument it can
	// only tell whether it could work.
	Check func(context.Context) error
	// Remedy is what to type where it does not work; empty where nobody knows.
	Remedy string

	prefix   string // of a path with an argument: "lib:"
	optional bool   // the argument may be empty
	open     func(ctx context.Context, argument string) (paths.Path, error)
}

// Complete is the name of the path, where it stands for one by itself.
func (e Entry) Complete() (name string, ok bool) { return e.Name, e.prefix == "" || e.optional }

// List is every path, the default first.
func List() []Entry {
	var first []Entry
	for _, kind := range metal.DeviceKinds() {
		first = append(first, deviceEntry(kind))
	}
	if swift := swiftEntry(); swift.Name == Default {
		first = append([]Entry{swift}, first...)
	} else {
		first = append(first, swift)
	}
	return append(first, naiveEntry(), libraryEntry(), execEntry(), manifestEntry(), faultEntry(), pacedEntry())
}

// deviceEntry is the kernel of this project on a device of this program.
func deviceEntry(kind metal.DeviceKind) Entry {
	modes := kind.Name + "?math=fast"
	remedy := ""
	if kind.Name == metalpath.HostDevice {
		modes += "&schedule=random"
		remedy = "make deps"
	}
	return Entry{
		Name: kind.Name, Summary: "attention.metal on " + kind.Summary + "; " + modes + " for other modes",
		Remedy: remedy,
		Check: func(context.Context) error {
			p, err := metalpath.OpenDevice(kind.Name, "")
			if err != nil {
				return err
			}
			return p.(interface{ Close() error }).Close()
		},
		prefix: kind.Name, optional: true,
		open: func(_ context.Context, argument string) (paths.Path, error) {
			number, options, _ := strings.Cut(argument, "?") // cuda:1?math=fast
			if err := metal.FindDevice(kind.Name + number); err != nil {
				return nil, fmt.Errorf("want %s or %s?OPTIONS: %w", kind.Name, kind.Name, err)
			}
			return metalpath.OpenDevice(kind.Name+number, options)
		},
	}
}

func libraryEntry() Entry {
	return Entry{
		Name: libraryPrefix + "FILE", Summary: "any shared library with the mfa C ABI; options follow as in lib:FILE?layout=bshd&lse=base2",
		Check:  func(context.Context) error { return nil },
		prefix: libraryPrefix,
		open: func(ctx context.Context, argument string) (paths.Path, error) {
			file, options := argument, ""
			if _, err := os.Stat(argument); err != nil { // else a file with a question mark in its name
				file, options, _ = strings.Cut(argument, "?")
			}
			return metalpath.OpenLibrary(ctx, libraryPrefix+argument, file, options)
		},
	}
}

func execEntry() Entry {
	return Entry{
		Name: "exec:COMMAND", Summary: "any program that computes attention over pipes; exec:unix:PATH and exec:tcp://127.0.0.1:PORT speak with one that runs already",
		Check:  func(context.Context) error { return nil },
		prefix: "exec:",
		open: func(ctx context.Context, argument string) (paths.Path, error) {
			return execpath.Open(ctx, "exec:"+argument, argument)
		},
	}
}

const (
	libraryPrefix  = "lib:"
	manifestPrefix = "msl:"
)

// mistaken returns what a name that is no path's may have been meant for; empty: no guess.
func mistaken(name string) string {
	file, _, _ := strings.Cut(name, "?")
	info, err := os.Stat(file)
	exists := err == nil && info.Mode().IsRegular()
	switch extension := filepath.Ext(file); {
	case extension == ".so" || extension == ".dylib" || strings.Contains(filepath.Base(file), ".so."):
		return fmt.Sprintf("a shared library is named %s%s", libraryPrefix, name)
	case exists && info.Mode()&0o111 != 0:
		return fmt.Sprintf("a program is named exec:%s, a shared library %s%s", name, libraryPrefix, name)
	case exists:
		return fmt.Sprintf("a file by itself is no path; a shared library is named %s%s", libraryPrefix, name)
	}
	return ""
}

func manifestEntry() Entry {
	return Entry{
		Name: manifestPrefix + "FILE.toml", Summary: "any .metal text, by a manifest that says how to bind and launch it; msl:FILE.toml?math=fast and what else host takes, device=NAME to run elsewhere",
		Check: func(ctx context.Context) error {
			return deviceEntry(metal.DeviceKind{Name: metalpath.HostDevice}).Check(ctx)
		},
		prefix: manifestPrefix,
		open:   func(_ context.Context, argument string) (paths.Path, error) { return mslpath.Open(argument) },
	}
}

func naiveEntry() Entry {
	return Entry{
		Name: "naive", Summary: "plain Go loops in the case's precision, the baseline",
		Check: func(context.Context) error { return nil },
		open:  func(context.Context, string) (paths.Path, error) { return naive.New(), nil },
	}
}

func faultEntry() Entry {
	return Entry{
		Name: "fault:KIND", Summary: "misbehaves on purpose, to test attest itself: " + strings.Join(fault.Names(), ", "),
		Check:  func(context.Context) error { return nil },
		prefix: "fault:",
		open:   func(_ context.Context, kind string) (paths.Path, error) { return fault.Open(kind) },
	}
}

func pacedEntry() Entry {
	return Entry{
		Name: "paced:SLOWDOWN", Summary: "naive with a clock that is made up, to test attest compare: paced:1.5, paced:1.5,causal",
		Check:  func(context.Context) error { return nil },
		prefix: "paced:",
		open:   func(_ context.Context, argument string) (paths.Path, error) { return paced.Open(argument) },
	}
}

// Open opens the path that a name stands for.
func Open(ctx context.Context, name string) (paths.Path, error) {
	var names []string
	for _, e := range List() {
		names = append(names, e.Name)
		argument, prefixed := strings.CutPrefix(name, e.prefix)
		if e.prefix != "" && prefixed && (argument != "" || e.optional) || e.prefix == "" && name == e.Name {
			p, err := e.open(ctx, argument)
			if err != nil {
				return nil, fmt.Errorf("path %s: %w", name, err)
			}
			return p, nil
		}
	}
	if guess := mistaken(name); guess != "" {
		return nil, fmt.Errorf("path %q: %s", name, guess)
	}
	return nil, fmt.Errorf("path %q: want one of %s", name, strings.Join(names, ", "))
}
