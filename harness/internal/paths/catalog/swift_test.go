package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindSwift(t *testing.T) {
	t.Run("environment", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "lib")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv(swiftVariable, file)
		if got, err := findSwift(); got != file || err != nil {
			t.Fatalf("got %q, %v; want %q", got, err, file)
		}
	})
	t.Run("environment names nothing", func(t *testing.T) {
		t.Setenv(swiftVariable, filepath.Join(t.TempDir(), "absent"))
		if got, err := findSwift(); err == nil || !strings.Contains(err.Error(), swiftVariable) {
			t.Fatalf("got %q, %v; want an error that names %s", got, err, swiftVariable)
		}
	})
	t.Run("below the working directory", func(t *testing.T) {
		t.Setenv(swiftVariable, "")
		directory := t.TempDir()
		t.Chdir(directory)
		if got, err := findSwift(); err == nil || !strings.Contains(err.Error(), "make swift") {
			t.Fatalf("got %q, %v; want an error that says what to do", got, err)
		}
		want := filepath.Join(directory, "swift", ".build", swiftFile)
		if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(want, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := findSwift()
		if err != nil {
			t.Fatal(err)
		}
		same, err := filepath.EvalSymlinks(got)
		if real, _ := filepath.EvalSymlinks(want); err != nil || same != real {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	})
}
