//go:build !darwin

package catalog

// Default is the path that runs where none is named.
const Default = "host"

const (
	swiftName  = "swift"
	swiftWords = "attention.metal through the Swift device of macOS, over a stand-in for Metal on this machine's processors"
	swiftFile  = "libMFAFFI.so"
)
