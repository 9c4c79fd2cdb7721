package catalog

// Default is the path that runs where none is named.
const Default = swiftName

const (
	swiftName  = "metal"
	swiftWords = "attention.metal on this Mac's GPU"
	swiftFile  = "libMFAFFI.dylib"
)
