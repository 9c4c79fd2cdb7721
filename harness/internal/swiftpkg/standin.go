package swiftpkg

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// modules are what a package may import: Metal's own, and those of Apple's that compute code leans on beside it.
var modules = []string{"Metal", "AttestMetal", "MetalPerformanceShaders", "QuartzCore", "IOKit", "os", "OSLog", "simd"}

// implied is imported into every source, as Apple's XCTest and Foundation bring Core Foundation, Core Animation and Metal
// with them. It has no names beside Metal's and those few of the others'.
const implied = "AttestMetal"

const library = "AttestModules"

// A standIn is two folders: that of the modules and that of the library behind them.
type standIn struct{ modules, library string }

// buildStandIn builds the stand-in, static for what shall run on systems without Swift. Its folder's name tells what is in
// it: another build may make another stand-in at the same time, and a package is built anew when the stand-in has changed.
func (t *toolchain) buildStandIn(ctx context.Context, sources string, static bool) (standIn, error) {
	name := "dynamic"
	environment := []string{"ATTEST_METAL_FOUNDATION=1"}
	flags := []string{"-Xswiftc", "-enable-library-evolution", "-Xswiftc", "-module-link-name", "-Xswiftc", library}
	if static {
		name = "static"
		environment = append(environment, "ATTEST_STATIC=1")
		flags = append(flags, "-Xswiftc", "-static-stdlib", "--static-swift-stdlib")
	}
	swift := filepath.Join(sources, "swift")
	scratch := filepath.Join(swift, ".build", "foreign", name)
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return standIn{}, err
	}
	lock := flock.New(filepath.Join(swift, ".build", "foreign", name+".lock"))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return standIn{}, fmt.Errorf("waiting for another build of the stand-in: %w", err)
	}
	defer lock.Unlock()
	var output bytes.Buffer
	command := append([]string{"swift", "build", "-c", "release", "--product", library, "--scratch-path", scratch}, flags...)
	if err := t.build(ctx, swift, &output, &output, environment, command...); err != nil {
		return standIn{}, fmt.Errorf("the stand-in for Metal does not build: %w\n%s", err, output.Bytes())
	}
	return keep(filepath.Join(scratch, "release"), filepath.Join(swift, ".build", "foreign", "kept"))
}

// keep copies what was built into a folder named after its contents.
func keep(built, folder string) (standIn, error) {
	from := map[string]string{"lib" + library + ".a": "lib" + library + ".a"}
	for _, m := range modules {
		from[filepath.Join("modules", m+".swiftmodule")] = filepath.Join("Modules", m+".swiftmodule")
	}
	texts := map[string][]byte{}
	sum := sha256.New()
	for _, name := range sortedKeys(from) {
		text, err := os.ReadFile(filepath.Join(built, from[name]))
		if err != nil {
			return standIn{}, err
		}
		texts[name] = text
		fmt.Fprintf(sum, "%s %d\n", name, len(text))
		sum.Write(text)
	}
	kept := filepath.Join(folder, hex.EncodeToString(sum.Sum(nil))[:16])
	for _, name := range sortedKeys(texts) {
		if err := writeIfOther(filepath.Join(kept, name), texts[name]); err != nil {
			return standIn{}, err
		}
	}
	return standIn{modules: filepath.Join(kept, "modules"), library: kept}, nil
}
