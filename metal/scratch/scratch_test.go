//go:build unix

package scratch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// holderEnv makes the test one that holds a folder and a file until it is killed.
const holderEnv = "ATTEST_TEST_SCRATCH"

func TestMain(m *testing.M) {
	if os.Getenv(holderEnv) == "" {
		os.Exit(m.Run())
	}
	if err := makeBoth(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range 3 {
		runtime.GC() // that nobody has a variable with them any more ends no lock
	}
	fmt.Println("held")
	time.Sleep(time.Hour)
}

func makeBoth() error {
	d, err := Dir("held")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.Path, "something"), []byte("in it"), 0o400); err != nil {
		return err
	}
	_, f, err := File("", "held")
	if err != nil {
		return err
	}
	fmt.Println(d.Path)
	fmt.Println(f.Path)
	return nil
}

// holder is a process that holds a folder and a file in a folder for temporary files.
func holder(t *testing.T, temporary string) (cmd *exec.Cmd, folder, file string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holderEnv+"=1", "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	lines.Scan()
	folder = lines.Text()
	lines.Scan()
	file = lines.Text()
	if lines.Scan(); lines.Text() != "held" {
		t.Fatalf("%q, %q, %q", folder, file, lines.Text())
	}
	for _, path := range []string{folder, file} {
		if _, err := os.Lstat(path); err != nil {
			t.Fatal(err)
		}
	}
	return cmd, folder, file
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// What a killed process leaves goes when the next one of the same user makes something; what a living one has stays, and so
// does what is not ours.
func TestTheNextSweepsWhatAKilledOneLeft(t *testing.T) {
	temporary := t.TempDir()
	others := filepath.Join(temporary, "others")
	kept := filepath.Join(others, "kept")
	for _, dir := range []string{others, filepath.Join(temporary, "attest-before"), filepath.Join(temporary, "attest-worker-12345")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(temporary, prefix+"link-1")
	if err := os.Symlink(others, link); err != nil {
		t.Fatal(err)
	}
	dead, deadFolder, deadFile := holder(t, temporary)
	_, folder, file := holder(t, temporary) // which swept while the first one lived
	if !there(deadFolder) || !there(deadFile) {
		t.Fatal("a living process lost what it has")
	}
	_ = dead.Process.Kill()
	_ = dead.Wait()
	if !there(deadFolder) || !there(deadFile) {
		t.Fatal("nothing was left, so nothing is tested")
	}
	_, third, _ := holder(t, temporary)
	for _, path := range []string{deadFolder, deadFile} {
		if there(path) {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range []string{folder, file, third, link, kept, filepath.Join(temporary, "attest-before"), filepath.Join(temporary, "attest-worker-12345")} {
		if !there(path) {
			t.Errorf("%s is gone", path)
		}
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	d, err := Dir("removed")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	file, f, err := File("", "removed")
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("%v, %v; want an empty folder", left, err)
	}
}

// Between the making of a folder and its lock a sweeper may come by. Who makes it never ends with one that is gone.
func TestNobodyLosesAFolderToASweeper(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	done := make(chan struct{})
	var sweepers errgroup.Group
	for range 2 {
		sweepers.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				default:
					Sweep(temporary)
				}
			}
		})
	}
	var makers errgroup.Group
	for range 4 {
		makers.Go(func() error {
			for range 200 {
				d, err := Dir("raced")
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(d.Path, "file"), nil, 0o600); err != nil {
					return err
				}
				if err := d.Remove(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := makers.Wait(); err != nil {
		t.Error(err)
	}
	close(done)
	_ = sweepers.Wait()
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("%v, %v; want an empty folder", left, err)
	}
}

// Where nothing can be made, that is told, and which folder it is.
func TestNoFolderForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	if _, err := Dir("any"); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
}
