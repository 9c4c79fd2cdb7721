package host

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var kernelsTally = flag.String("kernels-tally", "", "a `file` that keeps how many random kernels agreed; a further run with the same seed and the same build goes on from there")

// tally is how many random kernels of a seed agreed, kept in a file so that a run of hours may be cut short.
type tally struct {
	file string // "": nothing is kept
	what string // what a line of the file begins with
}

// newTally is the tally of a test. What another build counted says nothing about this one, nor what other devices did.
func newTally(t *testing.T, file, devices string, seed uint64) tally {
	t.Helper()
	if file == "" {
		return tally{}
	}
	build, err := testBinary()
	if err != nil {
		t.Fatalf("-kernels-tally: %v", err)
	}
	return tally{file, fmt.Sprintf("%s on %q, build %s, seed %d:", t.Name(), devices, build, seed)}
}

// agreed is how many kernels did so far.
func (y tally) agreed() (n int, err error) {
	if y.file == "" {
		return 0, nil
	}
	data, err := os.ReadFile(y.file)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("-kernels-tally: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		rest, ours := bytes.CutPrefix(lines.Bytes(), []byte(y.what))
		var so int
		if ours {
			if _, err := fmt.Sscanf(string(rest), " %d kernels agree\n", &so); err != nil {
				continue // a line that was cut off
			}
			n = max(n, so)
		}
	}
	return n, nil
}

// add keeps that the first n kernels agree.
func (y tally) add(n int) error {
	if y.file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(y.file), 0o755); err != nil {
		return fmt.Errorf("-kernels-tally: %w", err)
	}
	f, err := os.OpenFile(y.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("-kernels-tally: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %d kernels agree\n", y.what, n)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// testBinary is a digest of this program: Go builds the same one from the same sources, C included.
func testBinary() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// A run goes on where one of the same seed, devices and build was cut off, and nowhere else.
func TestATallyGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "below", "tally")
	first := newTally(t, file, "^[a-z]+$", 7)
	for _, n := range []int{50, 100} {
		if err := first.add(n); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "%s 15", first.what) // cut off while it was written: 150
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	other := first
	other.what = "TestTheSameOfAnotherBuild"
	for _, c := range []struct {
		tally tally
		want  int
	}{{newTally(t, file, "^[a-z]+$", 7), 100}, {newTally(t, file, "", 7), 0}, {newTally(t, file, "^[a-z]+$", 8), 0}, {other, 0}, {tally{}, 0},
		{newTally(t, filepath.Join(t.TempDir(), "none"), "", 7), 0}} {
		if n, err := c.tally.agreed(); n != c.want || err != nil {
			t.Errorf("%s %s: %d, %v; want %d", c.tally.file, c.tally.what, n, err, c.want)
		}
	}
}
