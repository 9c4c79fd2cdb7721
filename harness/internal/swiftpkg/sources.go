package swiftpkg

import (
	"fmt"
	"os"
	"path/filepath"
)

// SourceVariable names the environment variable that tells where attest's sources are.
const SourceVariable = "ATTEST_SOURCE"

// FindSources looks for attest's sources, in which the stand-in is: where ATTEST_SOURCE points, else from the program's
// folder upwards, else from the working directory upwards.
func FindSources() (string, error) {
	if dir := os.Getenv(SourceVariable); dir != "" {
		if !hasStandIn(dir) {
			return "", fmt.Errorf("%s=%s has no swift/Package.swift and swift/toolchain.sh; a checkout of attest is wanted", SourceVariable, dir)
		}
		return filepath.Abs(dir)
	}
	var starts []string
	if program, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			program = real
		}
		starts = append(starts, filepath.Dir(program))
	}
	if here, err := os.Getwd(); err == nil {
		starts = append(starts, here)
	}
	for _, start := range starts {
		for at := start; ; at = filepath.Dir(at) {
			if hasStandIn(at) {
				return at, nil
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return "", fmt.Errorf("attest's sources, in which the stand-in for Metal is, are neither above this program nor above the working directory; %s may name a checkout", SourceVariable)
}

func hasStandIn(dir string) bool {
	for _, name := range []string{"Package.swift", "toolchain.sh", "Sources/AttestMetal"} {
		if _, err := os.Stat(filepath.Join(dir, "swift", filepath.FromSlash(name))); err != nil {
			return false
		}
	}
	return true
}

// FindPackage returns the full path, without links, of a folder that holds a Swift package: a toolchain beside the system sees it at that path.
func FindPackage(dir string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "", fmt.Errorf("the package's folder: %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("%s is a file; the folder of a Swift package is wanted", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "Package.swift")); err != nil {
		return "", fmt.Errorf("%s is no Swift package: it has no Package.swift", dir)
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(full)
}
