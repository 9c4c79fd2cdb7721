//go:build !linux || !cgo || msan || asan

package native

// NoteBytes is the size of what Watch would note.
const NoteBytes = 24

// Watch notes nothing here.
func Watch([]byte) {}

// Region watches nothing here.
func Region(int, []byte) {}

// Rearm does nothing here.
func Rearm() {}

// PrintByLines does nothing here.
func PrintByLines() {}
