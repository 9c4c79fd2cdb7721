package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// defaultDir makes a new directory below runs/, and nobody else gets it: commands that begin in the same second have one
// each. free takes it away again where nothing was put into it, as by a path that does not work here.
func defaultDir(path string, now time.Time) (dir string, free func()) {
	name := []byte(path[:min(len(path), mostOfPath)])
	for i, b := range name {
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			name[i] = '-'
		}
	}
	made := os.Mkdir(runsDir, 0o755) == nil
	base := filepath.Join(runsDir, fmt.Sprintf("%s-%s", now.Format("20060102-150405"), name))
	dir = base
	for i := 2; ; i++ {
		err := os.Mkdir(dir, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			break // it is ours, or cannot be made: then whoever writes into it says why
		}
		dir = fmt.Sprintf("%s-%d", base, i)
	}
	return dir, func() {
		os.Remove(dir) // not where it holds anything
		if made {
			os.Remove(runsDir)
		}
	}
}

// mostOfPath is how much of a path its directory is named after. A command line may be longer than a name of a file.
const mostOfPath = 100

// runsDir holds the directories of runs that were not told where to write.
const runsDir = "runs"
