package device

import (
	"fmt"
	"unsafe"
)

// CText is room for a text in C memory: where it is, and how many bytes it has. The zero value is none.
type CText struct {
	At    unsafe.Pointer
	Bytes int
}

// Put writes a text with its NUL, cut to fit.
func (c CText) Put(text string) {
	if c.At == nil || c.Bytes <= 0 {
		return
	}
	room := unsafe.Slice((*byte)(c.At), c.Bytes)
	room[copy(room[:len(room)-1], text)] = 0
}

// HandOver compiles for a device's C code: compile makes a module, whose file's name goes to path. Where that fails, or
// panics, message has the reason and the result is CodeCompile; else 0, GPU_OK.
func HandOver(path, message CText, compile func() (file string, err error)) (status int32) {
	defer func() {
		if r := recover(); r != nil { // a panic must not cross into C
			message.Put(fmt.Sprintf("the compiler failed: %v", r))
			status = CodeCompile
		}
	}()
	file, err := compile()
	if err != nil {
		message.Put(err.Error())
		return CodeCompile
	}
	if len(file) >= path.Bytes {
		message.Put(fmt.Sprintf("the module's path %s is longer than %d bytes", file, path.Bytes-1))
		return CodeCompile
	}
	path.Put(file)
	return 0
}
