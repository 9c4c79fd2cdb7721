// Package examples holds attention implementations of a page each, in several languages, and the clients by which
// programs speak with attest. They are what `attest init` writes as a starting point. Nothing else imports it.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed python/attest_client.py python/naive.py c/attest_client.h c/naive.c go/main.go
//go:embed go/attestclient/client.go go/attestclient/memory_unix.go go/attestclient/memory_other.go
//go:embed rust/implement/Cargo.toml rust/implement/Cargo.lock rust/implement/src/lib.rs msl/vector.metal msl/vector.toml
var files embed.FS

// Starter is a working implementation, to be changed into one's own.
type Starter struct {
	Language string
	Summary  string // what it is
	Next     string // what to type in its folder
	// files maps names in the new folder to embedded ones.
	files map[string]string
	// edits replace text in any of them.
	edits *strings.Replacer
	extra map[string]string // further files and their text
}

var starters = []Starter{
	{
		Language: "python", Summary: "a program with numpy: a decorated function of q, k and v",
		Next:  `attest run --path "exec:python3 mine.py"`,
		files: map[string]string{"attest_client.py": "python/attest_client.py", "mine.py": "python/naive.py"},
		edits: strings.NewReplacer("examples/python/naive.py", "mine.py"),
	},
	{
		Language: "c", Summary: "a program with one header",
		Next:  `cc -O2 -o mine mine.c -lm && attest run --path exec:./mine`,
		files: map[string]string{"attest_client.h": "c/attest_client.h", "mine.c": "c/naive.c"},
		edits: strings.NewReplacer("examples/c/naive.c", "mine.c"),
	},
	{
		Language: "go", Summary: "a program; an implementation that can be imported joins better as a harness.Path",
		Next: `go build -o mine . && attest run --path exec:./mine`,
		files: map[string]string{"attestclient/client.go": "go/attestclient/client.go", "main.go": "go/main.go",
			"attestclient/memory_unix.go": "go/attestclient/memory_unix.go", "attestclient/memory_other.go": "go/attestclient/memory_other.go"},
		edits: strings.NewReplacer("attest.example/attest/examples/go/attestclient", "mine/attestclient",
			"./examples/go", ".", "Command go is", "Command mine is"),
		extra: map[string]string{"go.mod": "module mine\n\ngo 1.24\n"},
	},
	{
		Language: "rust", Summary: "a shared library with the five functions of the C ABI that attest needs",
		Next: `cargo build --release && attest run --path lib:target/release/libmine.so`,
		files: map[string]string{"Cargo.toml": "rust/implement/Cargo.toml", "Cargo.lock": "rust/implement/Cargo.lock",
			"src/lib.rs": "rust/implement/src/lib.rs"},
		edits: strings.NewReplacer(`name = "implement"`, `name = "mine"`, "libimplement.so", "libmine.so"),
	},
	{
		Language: "msl", Summary: "a Metal kernel, and the manifest that says how to bind and launch it",
		Next:  `attest run --path msl:mine.toml`,
		files: map[string]string{"mine.metal": "msl/vector.metal", "mine.toml": "msl/vector.toml"},
		edits: strings.NewReplacer("examples/msl/vector.toml", "mine.toml", `"vector.metal"`, `"mine.metal"`),
	},
}

// Starters lists them all.
func Starters() []Starter { return slices.Clone(starters) }

// Find finds the starter of a language.
func Find(language string) (Starter, error) {
	var names []string
	for _, s := range starters {
		if s.Language == language {
			return s, nil
		}
		names = append(names, s.Language)
	}
	return Starter{}, fmt.Errorf("language %q: want one of %s", language, strings.Join(names, ", "))
}

// Write puts the starter's files into a folder, which it makes. It overwrites nothing: where one of the files is there
// already it writes none.
func (s Starter) Write(dir string) (written []string, err error) {
	texts := map[string][]byte{}
	for name, text := range s.extra {
		texts[name] = []byte(text)
	}
	for name, embedded := range s.files {
		text, err := fs.ReadFile(files, embedded)
		if err != nil {
			return nil, err
		}
		texts[name] = []byte(s.edits.Replace(string(text)))
	}
	for name := range texts {
		written = append(written, filepath.Join(dir, filepath.FromSlash(name)))
	}
	slices.Sort(written)
	for _, path := range written {
		if _, err := os.Lstat(path); err == nil {
			return nil, fmt.Errorf("%s is there already; nothing was written", path)
		}
	}
	for name, text := range texts {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, err
		}
	}
	return written, nil
}
