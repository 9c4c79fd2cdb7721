package msl

import (
	"fmt"
	"io/fs"
	"sync"
)

// A collective is what threads do together: an operation of a simdgroup, a barrier. Our headers mark the declaration of
// each (include/msl_simd.h shows how), and here the marks are read.

// collectiveKind is what the rewriter passes to a collective.
type collectiveKind uint8

const (
	unplaced     collectiveKind = iota // nothing
	placed                             // the place where it stands: lanes wait there for those on the same path
	matrixPlaced                       // the same, unless the target multiplies matrices as one
)

// collectives are those of some headers.
type collectives struct {
	functions map[string]collectiveKind
	types     map[string]bool
	labels    map[string]bool   // linker names, with their quotes, under which a text declares collectives for itself
	builtins  map[string]string // the compiler's own names of functions, and the names that the functions have
}

// headerCollectives are those of our headers.
var headerCollectives = sync.OnceValues(func() (*collectives, error) {
	names, err := fs.Glob(headerFiles, "include/*")
	if err != nil {
		return nil, err
	}
	headers := map[string]string{}
	for _, name := range names {
		data, err := headerFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		headers[name] = string(data)
	}
	return findCollectives(headers)
})

// findCollectives reads the marks in headers, those of all targets alike.
func findCollectives(headers map[string]string) (*collectives, error) {
	macros := markedMacros{}
	for name, text := range headers {
		if err := macros.define(text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	macros.keepMarked()
	c := &collectives{functions: map[string]collectiveKind{}, types: map[string]bool{}, labels: map[string]bool{}, builtins: map[string]string{}}
	for name, text := range headers {
		words, err := wordsOf(text)
		if err == nil {
			words, err = macros.expand(words, 0)
		}
		if err == nil {
			err = c.read(words)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return c, nil
}

// read notes what is marked in a header without macros.
func (c *collectives) read(words []string) error {
	previous := "" // the last function that was declared
	for i, w := range words {
		switch {
		case w == "(" && i > 0 && isWord(words[i-1]):
			previous = words[i-1]
		case w == "MSL_COLLECTIVE":
			open := i
			for open < len(words) && words[open] != "(" {
				open++
			}
			end := closing(words, open)
			if end < 0 || !isWord(words[open-1]) {
				return fmt.Errorf("MSL_COLLECTIVE marks no function at %q", near(words, i))
			}
			c.functions[words[open-1]] = kindOf(words[open:end])
		case w == "MSL_COLLECTIVE_TYPE":
			if i+1 == len(words) || !isWord(words[i+1]) {
				return fmt.Errorf("MSL_COLLECTIVE_TYPE marks no type at %q", near(words, i))
			}
			c.types[words[i+1]] = true
		case w == "MSL_COLLECTIVE_LABEL":
			if end := closing(words, i+1); end == i+3 {
				c.labels[words[i+2]] = true
			} else {
				return fmt.Errorf("MSL_COLLECTIVE_LABEL wants one string at %q", near(words, i))
			}
		case w == "MSL_BUILTIN_OF":
			name := ""
			for _, part := range words[i+2 : max(i+2, closing(words, i+1))] {
				name += part
			}
			if name == "" || previous == "" {
				return fmt.Errorf("MSL_BUILTIN_OF names no function at %q", near(words, i))
			}
			c.builtins[previous] = name
		}
	}
	return nil
}

// kindOf is the kind of a function with these parameters.
func kindOf(parameters []string) collectiveKind {
	for _, w := range parameters {
		switch w {
		case "MSL_HERE":
			return placed
		case "MSL_MATRIX_HERE":
			return matrixPlaced
		}
	}
	return unplaced
}

func near(words []string, at int) string {
	text := ""
	for _, w := range words[at:min(at+8, len(words))] {
		text += w + " "
	}
	return text
}
