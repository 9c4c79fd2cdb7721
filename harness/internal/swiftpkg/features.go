package swiftpkg

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
)

// Swift 6.0 makes an error of an upcoming feature that the language version has anyway, such as StrictConcurrency with
// tools version 6.0, of which later versions warn. A package written with those has it in its manifest, which is not ours
// to change: so the compiler is called by a script that leaves the feature out.

//go:embed swiftc.sh
var lenientCompiler []byte

// enabledAnyway tells by what the compiler printed whether that is why a package does not build.
func enabledAnyway(output string) bool {
	return strings.Contains(output, "error: upcoming feature") && strings.Contains(output, "is already enabled as of Swift version")
}

// lenient returns the command that runs a swift command with the script as compiler. The manifest is compiled by the
// compiler itself, beside which the build tool looks for its own libraries.
func (p *project) lenient(command []string) ([]string, error) {
	script := filepath.Join(p.scratch, "lenient", "swiftc")
	if err := writeIfOther(script, lenientCompiler); err != nil {
		return nil, err
	}
	if err := os.Chmod(script, 0o755); err != nil {
		return nil, err
	}
	const start = `real=$(dirname "$(readlink -f "$(command -v swiftc)")")/swiftc
[ -x "$real" ] || real=$(command -v swiftc)
SWIFT_EXEC=$0 SWIFT_EXEC_MANIFEST=$real ATTEST_SWIFTC=$real exec "$@"`
	return append([]string{"bash", "-c", start, script}, command...), nil
}
