package device

import (
	"errors"
	"strings"
	"testing"
	"unsafe"
)

func TestHandOver(t *testing.T) {
	for name, c := range map[string]struct {
		compile       func() (string, error)
		status        int32
		path, message string
	}{
		"a module":            {func() (string, error) { return "/a/b.so", nil }, 0, "/a/b.so", ""},
		"the longest path":    {func() (string, error) { return strings.Repeat("p", 15), nil }, 0, strings.Repeat("p", 15), ""},
		"a path too long":     {func() (string, error) { return strings.Repeat("p", 16), nil }, CodeCompile, "", "the module's path pppppppppppppppp is longer than 15 bytes"},
		"a text that is none": {func() (string, error) { return "", errors.New("k.metal:1:1: error: no") }, CodeCompile, "", "k.metal:1:1: error: no"},
		"a panic":             {func() (string, error) { panic("nil map") }, CodeCompile, "", "the compiler failed: nil map"},
		"a reason cut to fit": {func() (string, error) { return "", errors.New(strings.Repeat("x", 100)) }, CodeCompile, "", strings.Repeat("x", 63)},
	} {
		path, message := make([]byte, 16), make([]byte, 64)
		status := HandOver(CText{unsafe.Pointer(&path[0]), len(path)}, CText{unsafe.Pointer(&message[0]), len(message)}, c.compile)
		if until := func(b []byte) string { s, _, _ := strings.Cut(string(b), "\x00"); return s }; status != c.status || until(path) != c.path || until(message) != c.message {
			t.Errorf("%s: status %d, path %q, message %q", name, status, until(path), until(message))
		}
	}
	if status := HandOver(CText{}, CText{}, func() (string, error) { return "", errors.New("no") }); status != CodeCompile {
		t.Errorf("without room for a reason: status %d", status)
	}
}
