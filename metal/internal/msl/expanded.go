package msl

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
)

// expanded keeps the last text whose includes and macros were expanded: kernels of one text are compiled one after another
// for other constants, functions and mathematics, and the preprocessor sees none of these. A text that includes files of
// its user is not kept, because they may change.
type expanded struct {
	lock      sync.Mutex
	key, text string
}

func (e *expanded) of(key string) (text string, ok bool) {
	e.lock.Lock()
	defer e.lock.Unlock()
	return e.text, e.key == key
}

func (e *expanded) keep(key, text string) {
	e.lock.Lock()
	defer e.lock.Unlock()
	e.key, e.text = key, text
}

// expansionKey is the digest of what the preprocessor's output depends on, where a text includes no file but ours.
func expansionKey(p *Program, headers string, directories []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n%q\n%q\n%q\n%q\n", headers, directories, strings.Join(preprocessFlags(p), "\x00"), p.fileName(), p.Source)
	for _, name := range sortedKeys(p.Files) {
		fmt.Fprintf(h, "%q %q\n", name, p.Files[name])
	}
	return sum(h)
}
