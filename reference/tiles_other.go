//go:build !amd64 || purego

package reference

// Elsewhere all of a product is gonum's.
const tiled = false

func dots2x4(int, *float64, int, *float64, int, *float64, int) { panic("reference: no tiles here") }

func sums2x16(int, *float64, int, *float64, int, *float64, int) { panic("reference: no tiles here") }
