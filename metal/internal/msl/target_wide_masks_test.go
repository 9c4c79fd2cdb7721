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

	"attest.example/attest/metal/internal/drawn"
	"attest.example/attest/metal/internal/referee"
	"attest.example/attest/metal/internal/wide"
)

// TestMasksInRegistersEnd: clang 19 never came to an end with these kernels for a processor with AVX-512: a number made of a mask was
// made a mask again, and so were numbers that were joined, and masks that are joined were taken apart and joined again. No such
// processor is needed to see that. Where an empty statement keeps LLVM from that is said at each.
func TestMasksInRegistersEnd(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the processor is another kind")
	}
	c := openCompiler(t)
	if _, err := c.wideCompiler(context.Background()); err != nil {
		t.Skip(err)
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
	for _, source := range []string{
		referee.Text(referee.Generate("k", 700119)), // behind the number alone
		referee.Text(referee.Generate("k", 720130)), // before the mask too
		drawn.Text(drawn.Draw("k", 720084)),         // and not so that two become one
	} {
		lane, err := c.LaneIR(context.Background(), Program{Source: source, Engine: EngineWide})
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
		text := processor.ReplaceAllString(result.Text, `"target-cpu"="sapphirerapids" "target-features"="+avx,+avx2,+avx512bw,+avx512cd,+avx512dq,+avx512f,+avx512vl,+bmi,+bmi2,+evex512,+f16c,+fma,+lzcnt,+popcnt"`)
		clang(text, "-x", "ir", "-mllvm", "-unroll-runtime=false", "-Xclang", "-mlink-builtin-bitcode", "-Xclang", helpers, "-o", filepath.Join(dir, "k.o"))
	}
}
