package swiftpkg

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheLenientCompilerLeavesOutWhatSwiftHasAnyway runs the script with a compiler that prints its arguments.
func TestTheLenientCompilerLeavesOutWhatSwiftHasAnyway(t *testing.T) {
	dir := t.TempDir()
	script, compiler := filepath.Join(dir, "swiftc"), filepath.Join(dir, "real")
	for path, text := range map[string]string{script: string(lenientCompiler), compiler: "#!/bin/sh\nprintf '<%s>' \"$@\"\n"} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for arguments, want := range map[string]string{
		"-O -enable-upcoming-feature StrictConcurrency -c a.swift":                           "<-O><-c><a.swift>",
		"-enable-upcoming-feature ExistentialAny -c":                                         "<-enable-upcoming-feature><ExistentialAny><-c>",
		"-enable-experimental-feature StrictConcurrency StrictConcurrency":                   "<-enable-experimental-feature><StrictConcurrency><StrictConcurrency>",
		"-enable-upcoming-feature GlobalConcurrency -enable-upcoming-feature ExistentialAny": "<-enable-upcoming-feature><ExistentialAny>",
	} {
		cmd := exec.Command("bash", append([]string{script}, strings.Fields(arguments)...)...)
		cmd.Env = append(os.Environ(), "ATTEST_SWIFTC="+compiler)
		if got, err := cmd.CombinedOutput(); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", arguments, got, err, want)
		}
	}
	if !enabledAnyway("<unknown>:0: error: upcoming feature 'StrictConcurrency' is already enabled as of Swift version 6") ||
		enabledAnyway("warning: upcoming feature 'StrictConcurrency' is already enabled as of Swift version 6") {
		t.Error("only the error is a reason to build once more")
	}
}
