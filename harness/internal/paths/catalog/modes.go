package catalog

import (
	"fmt"
	"strings"

	"attest.example/attest/metal"
)

// WithMode adds an option of modes, "math=fast", to a path's name: the last of a name counts. A path that runs on no
// device of this program has no modes.
func WithMode(path, option string) (string, error) {
	name, _, _ := strings.Cut(path, "?")
	var devices []string
	takes := strings.HasPrefix(path, manifestPrefix)
	for _, kind := range metal.DeviceKinds() {
		devices = append(devices, kind.Name)
		takes = takes || name == kind.Name || strings.HasPrefix(name, kind.Name+":")
	}
	flag, _, _ := strings.Cut(option, "=")
	if !takes {
		return "", fmt.Errorf("--%s applies to paths %s and %s only, not to %s", flag, strings.Join(devices, ", "), manifestPrefix, path)
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + option, nil
}
