package catalog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/paths/metalpath"
	"attest.example/attest/metal"
)

// swiftVariable names the library of package swift/ in the environment.
const swiftVariable = "ATTEST_SWIFT"

// swiftEntry is the library of package swift/: on macOS the GPU, elsewhere the same code over the stand-in for Metal.
func swiftEntry() Entry {
	return Entry{
		Name: swiftName, Summary: swiftWords, Remedy: "make swift",
		Check: func(context.Context) error {
			file, err := findSwift()
			if err != nil {
				return err
			}
			library, err := metal.Open(file)
			if err != nil {
				return err
			}
			context, err := library.NewContext()
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			context.Close()
			return nil
		},
		prefix: swiftName, optional: true,
		open: func(ctx context.Context, argument string) (paths.Path, error) {
			options, ok := strings.CutPrefix(argument, "?")
			if argument != "" && !ok {
				return nil, fmt.Errorf("want %s or %s?OPTIONS", swiftName, swiftName)
			}
			file, err := findSwift()
			if err != nil {
				return nil, err
			}
			return metalpath.OpenLibrary(ctx, swiftName+argument, file, options)
		},
	}
}

// findSwift looks where the environment points, beside this program, and in swift/.build of the checkout that this
// program or the working directory is in.
func findSwift() (string, error) {
	if file := os.Getenv(swiftVariable); file != "" {
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("%s: %w", swiftVariable, err)
		}
		return file, nil
	}
	var places []string
	if program, err := os.Executable(); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			directory := filepath.Dir(program)
			places = append(places, directory, filepath.Join(directory, "..", "swift", ".build"))
		}
	}
	places = append(places, filepath.Join("swift", ".build"))
	for _, place := range places {
		path, err := filepath.Abs(filepath.Join(place, swiftFile))
		if err != nil {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s in %s: make swift builds it, or set %s to it", swiftFile, strings.Join(places, ", "), swiftVariable)
}
