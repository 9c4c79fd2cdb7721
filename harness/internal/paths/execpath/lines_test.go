package execpath

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/go-json-experiment/json/v1"
)

// lines reads requests, for programs that then answer by hand.
type lines struct{ reader *bufio.Reader }

func newLines(in io.Reader) *lines { return &lines{bufio.NewReader(in)} }

func (l *lines) next() (r incoming, ok bool) {
	line, err := l.reader.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &r) != nil {
		return r, false
	}
	_, err = io.CopyN(io.Discard, l.reader, int64(r.Bytes))
	return r, err == nil
}

// fork starts a grandchild that holds the program's output and outlives it, unless somebody ends it. Its number is in
// the file that the environment names.
func fork() {
	c := exec.Command("sleep", "1000")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if c.Start() == nil {
		os.WriteFile(os.Getenv("ATTEST_TEST_PID"), []byte(itoa(c.Process.Pid)), 0o600)
	}
	time.Sleep(time.Hour)
}
