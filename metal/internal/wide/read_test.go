package wide_test

import (
	"context"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/msl"
	"attest.example/attest/metal/internal/wide"
)

// laneIR compiles a text of the project's own to one lane's code.
//
// Its function constants, all bool, are what flags say of the first ones, and false.
func laneIR(t *testing.T, file, function string, flags ...bool) string {
	t.Helper()
	c, err := msl.New(msl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var constants []device.Constant
	for n, m := range functionConstant.FindAllStringSubmatch(string(source), -1) {
		index, _ := strconv.Atoi(m[1])
		k := device.Constant{Index: index, Type: device.Bool}
		if n < len(flags) && flags[n] {
			k.Bits = 1
		}
		constants = append(constants, k)
	}
	text, err := c.LaneIR(context.Background(), msl.Program{Source: string(source), File: file, Function: function, Constants: constants})
	if err != nil {
		if strings.Contains(err.Error(), "engine wide needs") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	return text
}

var functionConstant = regexp.MustCompile(`constant bool \w+ \[\[function_constant\((\d+)\)\]\]`)

var (
	reported  = regexp.MustCompile(` (noundef|nonnull|nocapture|readonly|writeonly|zeroext|signext|noalias|readnone|returned|immarg|align \d+)\b| (dereferenceable|range|nofpclass)\([^)]*\)`)
	metadata  = regexp.MustCompile(`, ![a-z.]+ ![0-9]+|, !srcloc ![0-9]+| #[0-9]+$|\s*;.*$`)
	arguments = regexp.MustCompile(`\bcall\b`)
	spaces    = regexp.MustCompile(`\s+`)
)

// plain is a line of LLVM's as Reprint writes it: without what is said of arguments and to the optimiser alone.
func plain(line string) string {
	line = metadata.ReplaceAllString(line, "")
	line = metadata.ReplaceAllString(line, "")
	line = strings.NewReplacer("tail call", "call", "musttail call", "call").Replace(line)
	if arguments.MatchString(line) {
		for line != reported.ReplaceAllString(line, "") {
			line = reported.ReplaceAllString(line, "")
		}
		line = strings.Replace(line, "call  ", "call ", 1)
	}
	return spaces.ReplaceAllString(strings.TrimSpace(line), " ")
}

// ownText is LLVM's text of the kernels, one instruction a line, without what the reader drops.
func ownText(text string) []string {
	var want []string
	inside, joined := false, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "define ") && strings.Contains(line, "@msl_entry_"):
			inside = true
		case line == "}":
			inside = false
		case !inside || strings.HasPrefix(strings.TrimSpace(line), ";") || strings.TrimSpace(line) == "":
		case strings.Contains(line, "call void @llvm.lifetime") || strings.Contains(line, "call void @llvm.assume") || strings.Contains(line, "noalias.scope"):
		case strings.HasSuffix(line, "["):
			joined = strings.TrimSpace(line)
		case joined != "":
			joined += " " + strings.TrimSpace(line)
			if strings.HasSuffix(line, "]") {
				want = append(want, plain(joined))
				joined = ""
			}
		default:
			want = append(want, plain(line))
		}
	}
	return want
}

// TestReprint holds the reader and the writer against LLVM's own text, line by line, on kernels of the project.
func TestReprint(t *testing.T) {
	for _, k := range []struct {
		file, function string
		flags          []bool
	}{
		{"../../kernels/attention.metal", "attention_fp32_64", nil},
		{"../../kernels/attention.metal", "attention_bf16_128", []bool{true, true, true, true}},
		{"../../kernels/attention.metal", "attention_fp16_32", []bool{true}},
		{"../host/testdata/divergent/two.metal", "f", nil},
		{"../host/testdata/divergent/ahead.metal", "f", nil},
	} {
		t.Run(k.function, func(t *testing.T) {
			if testing.Short() && len(k.flags) > 0 {
				t.Skip("make test runs it")
			}
			text := laneIR(t, k.file, k.function, k.flags...)
			printed, err := wide.Reprint(text)
			if err != nil {
				t.Fatal(err)
			}
			want := ownText(text)
			var got []string
			for line := range strings.Lines(printed) {
				line = strings.TrimSpace(line)
				if !strings.HasPrefix(line, "define ") && line != "}" {
					got = append(got, spaces.ReplaceAllString(line, " "))
				}
			}
			if len(got) > 0 && len(want) > 0 && got[0] != want[0] { // the first block's name, which LLVM leaves out
				got = got[1:]
			}
			if len(got) != len(want) {
				t.Errorf("%d lines, LLVM has %d", len(got), len(want))
			}
			for n := range min(len(got), len(want)) {
				if got[n] != want[n] {
					t.Fatalf("line %d:\n%s\nLLVM has\n%s", n, got[n], want[n])
				}
			}
			if len(want) < 30 {
				t.Errorf("only %d lines", len(want))
			}
		})
	}
}

// TestUnknownInstructionsAreRefused: what is not understood names itself.
func TestUnknownInstructionsAreRefused(t *testing.T) {
	for _, line := range []string{
		"%2 = va_arg ptr %0, i32",
		"%2 = load i32, ptr addrspace(3) %0",
		"%2 = add <4 x i32> %1, splat (i32 1), !unknown",
		"%2 = call i32 asm \"nop\", \"=r\"()",
		"%2 = insertelement <4 x float> %1, float 0.0, i32 1",
		"%2 = call i32 %1(i32 0)",
		"indirectbr ptr %0, [label %1]",
		"%2 = load i32, ptr %0, weight 3",
	} {
		text := "define void @msl_entry_0(ptr %0) {\n  " + line + "\n  ret void\n}\n"
		r, err := wide.Widen(text, false)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if len(r.Kernels) != 1 || !strings.Contains(r.Kernels[0].Refused, line[:6]) {
			t.Errorf("%s: %+v", line, r.Kernels)
		}
	}
}

// TestValuesThatAreUntold: an assembler statement without an instruction, by which infinity is kept from the optimiser in fast
// math, is written as it was where it has one operand for all lanes; one with an instruction or an effect is refused.
func TestValuesThatAreUntold(t *testing.T) {
	const clobbers = "~{dirflag},~{fpsr},~{flags}"
	for _, c := range []struct{ line, want, refused string }{
		{`call i32 asm "", "=r,0,` + clobbers + `"(i32 2139095040) #1, !srcloc !2`, `call i32 asm "", "=r,0,` + clobbers + `"(i32 2139095040)`, ""},
		{`tail call i32 asm "", "=r,0"(i32 %n)`, `call i32 asm "", "=r,0"(i32 %n)`, ""},
		{`call i32 asm "", "=r,0"(i32 %l)`, "", "an assembler statement whose operand differs between lanes"},
		{`call i32 asm sideeffect "", "=r,0"(i32 1)`, "", "%x = call i32 asm sideeffect"},
		{`call i32 asm "nop", "=r,0"(i32 1)`, "", "%x = call i32 asm"},
		{`call i32 asm "", "=r,r"(i32 1)`, "", "%x = call i32 asm"},
	} {
		text := declarations + "define void @msl_entry_0(ptr %0) {\n  %n = load i32, ptr %0\n  %l = call i32 @msl_wide_lane()\n  %x = " + c.line +
			"\n  %s = add i32 %x, %l\n  %at = getelementptr i32, ptr %0, i32 %l\n  store i32 %s, ptr %at\n  ret void\n}\n"
		r, err := wide.Widen(text, false)
		if err != nil || len(r.Kernels) != 1 {
			t.Errorf("%s: %+v, %v", c.line, r, err)
			continue
		}
		if refused := r.Kernels[0].Refused; (refused == "") != (c.refused == "") || !strings.Contains(refused, c.refused) {
			t.Errorf("%s: refused because of %q, want %q", c.line, refused, c.refused)
		}
		if call, _, _ := strings.Cut(c.want, "(i32"); !strings.Contains(r.Text, call) {
			t.Errorf("%s: not in\n%s", c.want, r.Text)
		}
	}
}
