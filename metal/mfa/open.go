package mfa

/*
#include <stdlib.h>
#include "library.h"

static char *error_text(const mfa_library *l, int32_t code) { return l->error_string ? l->error_string(code) : NULL; }
static bool supported(const mfa_library *l) { return l->is_device_supported && l->is_device_supported(); }
static void version(const mfa_library *l, int *v) { if (l->get_version) l->get_version(&v[0], &v[1], &v[2]); }
*/
import "C"

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// Library is something that speaks the mfa C interface.
type Library struct {
	c    *C.mfa_library
	path string
}

var builtin = sync.OnceValue(func() *Library { return &Library{c: C.mfa_library_builtin()} })

// Builtin is the library that is linked into this program.
func Builtin() *Library { return builtin() }

// Open loads a shared library that has the interface's symbols, or some of them: see Missing. Without the five of
// Needed there is nothing to call. A name without a slash is a file of the working directory where there is one, else
// the loader's to find.
func Open(path string) (*Library, error) {
	if path == "" { // which the loader takes for this program itself
		return nil, fmt.Errorf("load a library: its path is empty, expected a file: %w", device.ErrInvalidArgs)
	}
	file := path
	if _, err := os.Stat(path); err == nil && !strings.ContainsRune(path, filepath.Separator) {
		file = "." + string(filepath.Separator) + path
	}
	name := C.CString(file)
	defer C.free(unsafe.Pointer(name))
	m := newMessage()
	defer m.free()
	c := C.mfa_library_open(name, m.p, messageBytes)
	if c == nil {
		words := C.GoString(m.p)
		if plain := notLibrary(file); plain != "" && (file != path || strings.ContainsRune(path, filepath.Separator)) {
			words = plain
		}
		return nil, &notOpened{fmt.Sprintf("load %s: %s", path, words)}
	}
	l := &Library{c: c, path: file}
	if err := l.complete(); err != nil {
		l.Close()
		return nil, &notOpened{fmt.Sprintf("load %s: %v", path, err)}
	}
	return l, nil
}

// complete returns the needed functions that the library lacks.
func (l *Library) complete() error {
	missing := l.Missing()
	var lacks []string
	for _, name := range Needed() {
		if slices.Contains(missing, name) && !(name == "mfa_attention_forward" && l.HasDescriptor()) {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	hint := ""
	if other := mangled(l.path, lacks[0]); other != "" {
		hint = fmt.Sprintf("; it has %s: declare the functions extern \"C\"", other)
	}
	return fmt.Errorf("a library without %s; it needs %s%s", strings.Join(lacks, ", "), strings.Join(Needed(), ", "), hint)
}

// Path is the file it was loaded from; empty for the built-in one.
func (l *Library) Path() string { return l.path }

// Close unloads the library. Its contexts and buffers must have been closed; the built-in one stays.
func (l *Library) Close() {
	if l.path != "" && l.c != nil {
		C.mfa_library_close(l.c)
		l.c = nil
	}
}

// Device is the device on which the library computes, for kernels that are not attention. It lives as long as l.
func (l *Library) Device() (*device.Device, error) {
	m := newMessage()
	defer m.free()
	api := C.mfa_library_device(l.c, m.p, messageBytes)
	if api == nil {
		return nil, &Error{Call: "default_device", Code: C.MFA_ERROR_DEVICE_NOT_SUPPORTED, Text: C.GoString(m.p)}
	}
	return device.New(unsafe.Pointer(api), device.Hooks{}), nil
}

// WithoutDescriptor is the same library, called only by the interface's own functions, as programs do that know no
// other. It lives as long as l.
func (l *Library) WithoutDescriptor() *Library {
	c := C.mfa_library_without_descriptor(l.c)
	if c == nil {
		panic("mfa: no memory for a table of functions")
	}
	plain := &Library{c: c}
	runtime.AddCleanup(plain, func(c *C.mfa_library) { C.mfa_library_close(c) }, c)
	return plain
}

// Missing names the functions of the interface that the library lacks.
func (l *Library) Missing() []string {
	var names []string
	for {
		name := C.mfa_library_missing(l.c, C.uint(len(names)))
		if name == nil {
			return names
		}
		names = append(names, C.GoString(name))
	}
}

// HasDescriptor tells whether the library takes whole descriptors: GQA, windows, strides, alignment, dispatches.
func (l *Library) HasDescriptor() bool { return l.c.attention_forward_desc != nil }

// The functions that calls are made by, for the errors that name them.

func (l *Library) contextFunction(onDevice bool) string {
	if onDevice {
		return "mfa_create_context_on"
	}
	return "mfa_create_context"
}

func (l *Library) bufferFunction(wrapped, strided bool) string {
	switch {
	case strided:
		return "mfa_buffer_from_ptr_with_strides"
	case wrapped:
		return "mfa_buffer_from_ptr"
	}
	return "mfa_create_buffer"
}

func (l *Library) forwardFunction(lse bool) string {
	switch {
	case l.HasDescriptor():
		return "mfa_attention_forward_desc"
	case lse:
		return "mfa_attention_forward_with_lse"
	}
	return "mfa_attention_forward"
}

// ErrorString is the library's own text for an error code; empty where it has none.
func (l *Library) ErrorString(code int32) string {
	text := C.error_text(l.c, C.int32_t(code))
	if text == nil {
		return ""
	}
	defer C.free(unsafe.Pointer(text))
	return C.GoString(text)
}

// DeviceSupported is what mfa_is_device_supported returns; false where it is missing.
func (l *Library) DeviceSupported() bool { return bool(C.supported(l.c)) }

// Version is 0.0.0 where the library has no mfa_get_version.
func (l *Library) Version() (major, minor, patch int) {
	var v [3]C.int
	C.version(l.c, &v[0])
	return int(v[0]), int(v[1]), int(v[2])
}
