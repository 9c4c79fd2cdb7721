package cli

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const scaleText = `#include <metal_stdlib>
using namespace metal;
constant uint times [[function_constant(0)]];
kernel void scale(device float *x [[buffer(0)]], constant float &by [[buffer(1)]], uint i [[thread_position_in_grid]]) {
  for (uint k = 0; k < times; ++k) x[i] *= by;
}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scale.metal")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommands(t *testing.T) {
	file, wrong := write(t, scaleText), write(t, strings.Replace(scaleText, "*= by", "*= nobody", 1))
	out, checked := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "checked")
	common := []string{"--function", "scale", "--bytes", "1=float:0.5", "--constant", "0:uint=2", "--threads", "32", "--in-threads"}
	for _, c := range []struct {
		name   string
		main   func([]string, *bytes.Buffer, *bytes.Buffer) int
		args   []string
		status int
		says   []string
	}{
		{"run", runIt, append(common, "--buffer", "0=iota:float:40", "--grid", "40", "--instructions", "80", "--out", "0="+out, file), 0,
			[]string{"buffer 0: 40 float, 0 to 9.75: 0 0.25 0.5", "GINSTRS/s", "run(s)"}},
		{"check", checkIt, append(common, "--buffer", "0=iota:float:40", "--grid", "40", file), 0, []string{"no mistakes"}},
		{"check writes", checkIt, append(common, "--buffer", "0=iota:float:40", "--grid", "40", "--out", "0="+checked, file), 0, []string{"no mistakes"}},
		{"check finds", checkIt, append(common, "--buffer", "0=iota:float:39", "--grid", "40", file), 1,
			[]string{"out of bounds", file + ":5", "byte 156 of buffer 0, which has 156", "thread 7", "threadgroup 1"}},
		{"compile error", runIt, append(common, "--buffer", "0=iota:float:40", wrong), 1, []string{wrong + ":5", "nobody"}},
		{"unbound", runIt, append(common, file), 1, []string{"buffer 0"}},
		{"no function", runIt, []string{file}, 2, []string{"--function"}},
		{"bad generator", runIt, append(common, "--buffer", "0=often:float:40", file), 2, []string{"often", "normal"}},
		{"bad type", runIt, append(common, "--buffer", "0=one:double:40", file), 2, []string{"double", "bfloat"}},
		{"bad grid", runIt, append(common, "--grid", "0", file), 2, []string{"--grid"}},
		{"bad schedule", runIt, append(common, "--schedule", "odd", file), 2, []string{"odd", "reverse"}},
		{"no such device", runIt, append(common, "--device", "tpu", file), 2, []string{"--device \"tpu\": host, cuda or cuda:N"}},
		{"no such GPU", checkIt, append(common, "--device", "cuda:-1", file), 2, []string{"--device \"cuda:-1\""}},
		{"a schedule on a GPU", checkIt, append(common, "--device", "cuda", "--schedule", "random", file), 2,
			[]string{"--schedule: device cuda has no such choice, only host has"}},
		{"a buffer past all memory", runIt, append(common, "--buffer", "0=zero:float:99999999999999", file), 2, []string{"a count of 1 to 274877906944 is wanted"}},
		{"a buffer twice", runIt, append(common, "--buffer", "0=one:float:40", "--buffer", "0=zero:float:40", file), 2,
			[]string{`--buffer "0=zero:float:40": 0 is given before, by --buffer "0=one:float:40"`}},
		{"a buffer and bytes", runIt, append(common, "--buffer", "1=one:float:40", file), 2, []string{`1 is given before, by --buffer "1=one:float:40"`}},
		{"an output twice", runIt, append(common, "--buffer", "0=one:float:40", "--out", "0="+out+"1", "--out", "0="+out+"2", file), 2, []string{"0 is given before, by --out"}},
		{"an output of no buffer", runIt, append(common, "--buffer", "0=one:float:40", "--out", "2="+out, file), 2, []string{"no --buffer has the index 2"}},
		{"a constant twice", runIt, append(common, "--buffer", "0=one:float:40", "--constant", "0:uint=3", file), 2, []string{`--constant "0:uint=3": it is given a value before`}},
		{"NaN in integers", runIt, append(common, "--buffer", "0=nan:int:40", file), 2, []string{"int has no NaN; float, half or bfloat is wanted"}},
		{"no run", checkIt, append(common, "--repeat", "0", file), 2, []string{"--repeat 0: 1 to 1073741824 is wanted"}},
		{"no time", checkIt, append(common, "--deadline", "-1s", file), 2, []string{"--deadline -1s"}},
		{"fewer than no elements", runIt, append(common, "--show", "-1", file), 2, []string{"--show -1"}},
		{"elements that check does not print", checkIt, append(common, "--show", "4", file), 2, []string{"show"}},
		{"a rate that check does not tell", checkIt, append(common, "--instructions", "4", file), 2, []string{"instructions"}},
		{"no number of instructions", runIt, append(common, "--instructions", "NaN", file), 2, []string{"--instructions NaN"}},
		{"no such language", runIt, append(common, "--language", "5", file), 2, []string{"language version 5"}},
		{"no macro", runIt, append(common, "-D", "a b=1", file), 2, []string{"NAME or NAME=VALUE expected"}},
		{"two files", runIt, append(common, file, file), 2, []string{"FILE.metal"}},
		{"no such file", runIt, append(common, "absent.metal"), 2, []string{"absent.metal"}},
		{"help", runIt, []string{"--help"}, 0, []string{"usage", "--buffer 0=iota"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if status := c.main(c.args, &stdout, &stderr); status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			output := stdout.String() + stderr.String()
			for _, words := range c.says {
				if !strings.Contains(output, words) {
					t.Errorf("does not say %q:\n%s", words, output)
				}
			}
		})
	}
	for _, name := range []string{out, checked} {
		b, err := os.ReadFile(name)
		if err != nil || len(b) != 160 || elements["float"].get(b[156:]) != 9.75 {
			t.Errorf("the file written: %d bytes, %v", len(b), err)
		}
	}
}

// Where compute-sanitizer is not installed, check on a GPU says what is missing, and tries nothing.
func TestCheckOnGPUWithoutSanitizer(t *testing.T) {
	if _, err := os.Stat("/usr/local/cuda"); err == nil {
		t.Skip("a CUDA toolkit is here")
	}
	file := write(t, scaleText)
	t.Setenv("PATH", t.TempDir())
	var stdout, stderr bytes.Buffer
	status := CheckMain([]string{"--function", "scale", "--device", "cuda", file}, &stdout, &stderr)
	if status != 2 || !strings.Contains(stderr.String(), "compute-sanitizer is neither on the path nor in /usr/local/cuda") {
		t.Errorf("exit status %d: %s", status, stderr.String())
	}
}

func runIt(args []string, stdout, stderr *bytes.Buffer) int   { return RunMain(args, stdout, stderr) }
func checkIt(args []string, stdout, stderr *bytes.Buffer) int { return CheckMain(args, stdout, stderr) }

func TestElements(t *testing.T) {
	for _, c := range []struct {
		name    string
		x, want float64
	}{
		{"half", 1.0 / 3, 0.333251953125}, {"half", 65519, 65504}, {"half", 65520, math.Inf(1)}, {"half", -0x1p-24, -0x1p-24},
		{"half", 0x1.8p-25, 0x1p-24}, {"half", 0x1.ffep-15, 0x1p-14}, {"half", 2047.5, 2048}, {"bfloat", 1.00390625, 1},
		{"bfloat", 1.01171875, 1.015625}, {"float", 0.1, float64(float32(0.1))}, {"char", -5, -5}, {"uchar", 255, 255},
		{"long", -7, -7}, {"ushort", 65535, 65535}, {"half", math.NaN(), math.NaN()},
	} {
		e := elements[c.name]
		b := make([]byte, e.bytes)
		e.put(b, c.x)
		if got := e.get(b); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s %g: %g, want %g", c.name, c.x, got, c.want)
		}
	}
}

func TestValuesAreOfTheirType(t *testing.T) {
	for text, want := range map[string]string{
		"int:5000000000": `int "5000000000": an integer of -2147483648 to 2147483647 is wanted`,
		"uchar:256":      `uchar "256": an integer of -128 to 255 is wanted`,
		"char:128":       `char "128": an integer of -128 to 127 is wanted`,
		"bool:2":         `bool "2": an integer of 0 to 1 is wanted`,
		"float:1e39":     `float "1e39": a number that it holds, inf or nan is wanted`,
		"uchar:255":      "", "uchar:-1": "", "ulong:18446744073709551615": "", "long:-9223372036854775808": "", "float:-inf": "", "bool:true": "",
	} {
		got := ""
		if _, _, err := parseBytes("0=" + text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	b := []byte{7}
	if elements["bool"].put(b, 2); b[0] != 1 {
		t.Errorf("2 as a bool is %d", b[0])
	}
}

func TestStructBytes(t *testing.T) {
	index, b, err := parseBytes("4=uint:12,bool:true,float:0.5,ulong:0x10,char:-1")
	want := []byte{12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0}
	if err != nil || index != 4 || !bytes.Equal(b, want) {
		t.Errorf("index %d, % d, %v; want 4, % d", index, b, err, want)
	}
}
