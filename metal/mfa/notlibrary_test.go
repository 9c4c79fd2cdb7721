package mfa_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"attest.example/attest/metal/mfa"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Whatever is named in place of a library is told as what it is, with the name that was used.
func TestWhatIsNoLibraryIsToldAsWhatItIs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the words are those for Linux")
	}
	source := write(t, "f.c", "int f(void) { return 0; }\nint main(void) { return 0; }\n")
	object, program, archive := filepath.Join(t.TempDir(), "f.o"), filepath.Join(t.TempDir(), "f"), filepath.Join(t.TempDir(), "libf.a")
	cc(t, "-c", "-o", object, source)
	cc(t, "-o", program, source)
	if out, err := exec.Command("ar", "rc", archive, object).CombinedOutput(); err != nil {
		t.Fatalf("ar: %v\n%s", err, out)
	}
	needs := filepath.Join(t.TempDir(), "needs.so")
	cc(t, "-shared", "-fPIC", "-o", needs, write(t, "n.c", "extern int not_there; int *f(void) { return &not_there; }"))
	for _, test := range []struct{ path, want string }{
		{"no/such/file.so", "there is no such file"},
		{t.TempDir(), "a directory"},
		{write(t, "empty.so", ""), "an empty file"},
		{"./open_test.go", "a text file"},
		{object, "an object file"},
		{program, "a program"},
		{archive, "a static library"},
		{write(t, "cut.so", "\x7fELF\x02\x01\x01"), "a damaged ELF file"},
		{write(t, "junk.so", "\x01\x02\x03\x00\xff"), "no library of a kind that is known here"},
		{write(t, "mac.dylib", machO), "a library for macOS, arm64, and this program runs on "},
		{write(t, "win.dll", "MZ\x00\x00"), "Windows"},
		{needs, "not_there"}, // the loader's words
	} {
		_, err := mfa.Open(test.path)
		if err == nil || !strings.Contains(err.Error(), test.path) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.path, err, test.want)
		}
	}
}

// machO is the header of a library of macOS without a load command.
const machO = "\xcf\xfa\xed\xfe\x0c\x00\x00\x01\x00\x00\x00\x00\x06\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func TestLibraryOfAnotherArchitecture(t *testing.T) {
	compiler, words := "aarch64-linux-gnu-gcc", "a library for AArch64, and this program runs on x86-64 Linux"
	if _, err := exec.LookPath(compiler); err != nil || runtime.GOOS+runtime.GOARCH != "linuxamd64" {
		t.Skipf("no %s on x86-64 here", compiler)
	}
	path := filepath.Join(t.TempDir(), "libother.so")
	// Without the C library of that machine, which a compiler alone does not bring.
	if out, err := exec.Command(compiler, "-shared", "-fPIC", "-nostdlib", "-o", path, write(t, "f.c", "int f(void) { return 0; }")).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	if _, err := mfa.Open(path); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, want %q", err, words)
	}
}

func TestNameWithoutASlashIsAFileOfTheWorkingDirectory(t *testing.T) {
	path := build(t, "foreign.c")
	t.Chdir(filepath.Dir(path))
	open(t, filepath.Base(path))
}

func TestLibraryWithoutTheNeededFunctions(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"int f(void) { return 0; }", append([]string{"without mfa_create_context, mfa_destroy_context"}, mfa.Needed()...)},
		{"int _Z21mfa_attention_forwardv(void) { return 0; } int mfa_create_context(void **c) { *c = 0; return 0; }" +
			"void mfa_destroy_context(void *c) {} int mfa_buffer_from_ptr(void) { return 0; } void mfa_destroy_buffer(void *b) {}",
			[]string{"a library without mfa_attention_forward;", `_Z21mfa_attention_forwardv: declare the functions extern "C"`}},
	} {
		path := filepath.Join(t.TempDir(), "lib.so")
		cc(t, "-shared", "-fPIC", "-o", path, write(t, "f.c", test.text))
		_, err := mfa.Open(path)
		for _, want := range append(test.want, path) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

// Every refusal names the function that refused, with the library's words for the code.
func TestRefusalsNameTheFunctionThatRefused(t *testing.T) {
	c, err := open(t, build(t, "refuses.c")).NewContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := func(err error, function string, code int) {
		t.Helper()
		text := fmt.Sprintf("%s: error %d (", function, code)
		if err == nil || !strings.HasPrefix(err.Error(), text) || !strings.HasSuffix(err.Error(), fmt.Sprintf("the words for code %d", code)) {
			t.Errorf("%v, want %s... and the words for it", err, text)
		}
	}
	_, err = c.NewBuffer(8)
	want(err, "mfa_create_buffer", 2)
	_, err = c.Wrap(make([]byte, 8))
	want(err, "mfa_buffer_from_ptr", 1)
	_, err = c.WrapStrided(make([]byte, 8), []int64{2}, []int64{1})
	want(err, "mfa_buffer_from_ptr_with_strides", 3)

	wraps, err := open(t, build(t, "refuses.c", "-DWRAPS")).NewContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer wraps.Close()
	b, err := wraps.Wrap(make([]byte, 8))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	o := mfa.Operand{Buffer: b}
	f := &mfa.Forward{Q: o, K: o, V: o, Out: o, Batch: 1, QLen: 1, KVLen: 1, Heads: 1, KVHeads: 1, HeadDim: 1,
		Input: mfa.FP32, Intermediate: mfa.FP32, Output: mfa.FP32}
	_, err = run(wraps, f)
	want(err, "mfa_attention_forward", 4)
	f.LSE = o
	_, err = run(wraps, f)
	want(err, "mfa_attention_forward_with_lse", 5)

	// A mask goes as a pointer, without a buffer.
	f.LSE = mfa.Operand{}
	f.Mask = mfa.Mask{Type: mfa.MaskBool, Memory: []byte{7, 8, 9}, Shape: []int64{1, 3}}
	_, err = run(wraps, f)
	want(err, "mfa_attention_forward", 77)
}

func TestSuccessWithoutABufferIsAnError(t *testing.T) {
	c, err := open(t, build(t, "refuses.c", "-DNOTHING")).NewContext(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Wrap(make([]byte, 8)); err == nil || !strings.Contains(err.Error(), "mfa_buffer_from_ptr: error 5 (execution failed): returned success and no buffer") {
		t.Errorf("%v", err)
	}
}
