package metalpath

import (
	"errors"

	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/metal"
)

// refusal makes a refusal of the error for what a library, or its device, does not support: code 3 of the ABI.
// Every other error is a failure of the call and stays as it is.
func refusal(err error) error {
	if errors.Is(err, metal.ErrDeviceNotSupported) {
		return paths.Unsupported("%w", err)
	}
	return err
}
