// Package catalog opens paths by the names that --path takes and says which of them work on this machine. It is the
// one place that knows every path; the paths do not know it.
package catalog

import (
	"context"
	"fmt"
	"strings"

	"attest/harness/paths"
	"attest/harness/paths/naive"
)

// Entry is a kind of path.
type Entry struct {
	Name  string // "naive", or "lib:FILE" where the path takes an argument
	Words string // what it is, in one line
	// Check is nil where the path works here, else says why it does not. An entry with an argument can only say
	// whether it could work.
	Check func(context.Context) error

	prefix string // of a path with an argument: "lib:"
	open   func(ctx context.Context, argument string) (paths.Path, error)
}

// Default is the path that runs where none is named.
const Default = "naive"

// List gives every path, the default first.
func List() []Entry {
	return []Entry{naiveEntry()}
}

func naiveEntry() Entry {
	return Entry{
		Name: "naive", Words: "plain Go loops in the case's precision, the baseline",
		Check: func(context.Context) error { return nil },
		open:  func(context.Context, string) (paths.Path, error) { return naive.New(), nil },
	}
}

// Open opens the path that a name stands for.
func Open(ctx context.Context, name string) (paths.Path, error) {
	var names []string
	for _, e := range List() {
		names = append(names, e.Name)
		argument, prefixed := strings.CutPrefix(name, e.prefix)
		if e.prefix != "" && prefixed && argument != "" || e.prefix == "" && name == e.Name {
			p, err := e.open(ctx, argument)
			if err != nil {
				return nil, fmt.Errorf("path %s: %w", name, err)
			}
			return p, nil
		}
	}
	return nil, fmt.Errorf("path %q: want one of %s", name, strings.Join(names, ", "))
}
