package msl

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"attest.example/attest/metal/internal/referee"
	"attest.example/attest/metal/internal/wide"
)

// TestMasksInRegistersEnd: clang 19 never came to an end with this kernel for a processor with AVX-512, since a number made of a mask
// was made a mask again. No such processor is needed to see that.
func TestMasksInRegistersEnd(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the processor is another kind")
	}
	c := openCompiler(t)
	if _, err := c.wideCompiler(context.Background()); err != nil {
		t.Skip(err)
	}
	lane, err := c.LaneIR(context.Background(), Program{Source: referee.Text(referee.Generate("k", 700119)), Engine: EngineWide})
	if err != nil {
		t.Fatal(err)
	}
	result, err := wide.Widen(lane, true)
	if err != nil {
		t.Fatal(err)
	}
	if why := result.Kernels[0].Refused; why != "" {
		t.Fatal(why)
	}
	dir := t.TempDir()
	helpers := filepath.Join(dir, "helpers.bc")
	clang := func(text string, flags ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
		defer cancel()
		command := exec.CommandContext(ctx, c.clang, append(flags, "-march=sapphirerapids", "-O2", "-fPIC", "-w",
			"-ffp-contract=off", "-fno-vectorize", "-fno-slp-vectorize", "-c", "-")...)
		command.Stdin = strings.NewReader(text)
		output, err := command.CombinedOutput()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Fatal("clang goes on and on")
		}
		if err != nil {
			t.Fatalf("%v: %s", err, output)
		}
	}
	clang(wide.Helpers, "-x", "c", "-std=c17", "-mprefer-vector-width=512", "-emit-llvm", "-o", helpers)
	processor := regexp.MustCompile(`"target-cpu"="[^"]*" "target-features"="[^"]*"(?: "tune-cpu"="[^"]*")?`)
	text := processor.ReplaceAllString(result.Text, `"target-cpu"="sapphirerapids" "target-features"="+avx,+avx2,+avx512bw,+avx512cd,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+evex512,+f16c,+fma,+lzcnt,+popcnt"`)
	clang(text, "-x", "ir", "-mllvm", "-unroll-runtime=false", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", helpers, "-o", filepath.Join(dir, "k.o"))
}
