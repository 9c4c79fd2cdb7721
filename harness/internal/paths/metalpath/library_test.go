package metalpath

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/precision"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal"
)

// compile makes a library of testdata/naive.c.
func compile(t *testing.T, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lib.so")
	args := append([]string{"-shared", "-fPIC", "-O1", "-o", file, filepath.Join("testdata", "naive.c"), "-lm"}, flags...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return file
}

func open(t *testing.T, options string, flags ...string) *Path {
	t.Helper()
	file := compile(t, flags...)
	p, err := OpenLibrary(context.Background(), "lib:"+file+"?"+options, file, options)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func square(t *testing.T, change func(*cases.Case)) cases.Case {
	c := cases.Case{Version: 1, Batch: 2, Heads: 3, QLen: 9, KVLen: 11, HeadDim: 6, Input: precision.FP32}
	if change != nil {
		change(&c)
	}
	require.NoError(t, c.Normalize())
	return c
}

// found returns what was found out about a library, by what it is about.
func found(p *Path) map[string]string {
	all := map[string]string{}
	for _, f := range p.Findings(context.Background()) {
		all[f.What] = f.Found
	}
	return all
}

// Changes of a case that a library may be asked for.
var (
	fp16        = func(c *cases.Case) { c.Input = precision.FP16 }
	bf16        = func(c *cases.Case) { c.Input = precision.BF16 }
	toFP16      = func(c *cases.Case) { c.Output = precision.FP16 }
	withLSE     = func(c *cases.Case) { c.LSE = true }
	masked      = func(c *cases.Case) { c.Mask.Kind = cases.BoolMask }
	additive    = func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.AdditiveMask, Shape: "1h1k"} }
	topLeft     = func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.TopLeft} }
	bottomRight = func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.CausalMask, Align: cases.BottomRight} }
	asMany      = func(c *cases.Case) { c.KVLen = c.QLen }
	oneHead     = func(c *cases.Case) { c.Batch, c.Heads = 1, 1 }
	inBSHD      = func(c *cases.Case) {
		o := cases.Operand{Order: cases.BSHD}
		c.Layout = cases.Layout{Q: o, K: o, V: o, Out: o}
	}
	offset = func(c *cases.Case) { c.Layout.K.Offset = 3 }
	all    = func(changes ...func(*cases.Case)) func(*cases.Case) {
		return func(c *cases.Case) {
			for _, change := range changes {
				change(c)
			}
		}
	}
)

// Each library is wrong or peculiar in one way: what is found out about it, and what becomes of cases.
// What a probe finds is tested, not how fast a loaded machine makes it.
func init() { probeTime = 10 * time.Minute }

func TestLibrariesAsTheyAre(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds libraries: make test runs it")
	}
	type outcome struct {
		change func(*cases.Case)
		want   verdict.Kind
		reason string
	}
	pass, unsupported, numeric := verdict.Pass, verdict.Unsupported, verdict.Numeric
	for _, test := range []struct {
		name, flags, options string
		found                map[string]string // words of a finding
		described            string            // words of the device
		cases                []outcome
	}{
		{name: "right", found: map[string]string{
			"layout": "BHSD", "fp16 input": "right", "a bool mask": "right", "an additive mask in bf16": "right", "logsumexp base": "natural",
			"causal alignment": "top-left", "dispatches": "5 of 5 ran", "memory wrapped": "anywhere", "transposed operands": "refused: ",
			"bf16 input with fp32 output": "right", "fp16 input with bf16 intermediate": "right", "a mask with strides": "right"},
			described: "layout BHSD",
			cases: []outcome{{nil, pass, ""}, {fp16, pass, ""}, {bf16, pass, ""}, {toFP16, pass, ""}, {withLSE, pass, ""}, {masked, pass, ""}, {additive, pass, ""},
				{topLeft, pass, ""}, {offset, pass, ""}, {bottomRight, unsupported, "causal bottom-right with q_len 9 and kv_len 11: the library is top-left"},
				{inBSHD, unsupported, "strides: the library lacks mfa_buffer_from_ptr_with_strides"}}},
		{name: "five functions", flags: "-DFIVE", found: map[string]string{
			"fp32 input": "right", "fp16 input": "refused: mfa_attention_forward: error 1", "a bool mask": "refused: ", "logsumexp": "missing: "},
			cases: []outcome{{nil, pass, ""}, {topLeft, pass, ""}, {fp16, unsupported, "fp16 input: refused when probed: mfa_attention_forward: error 1"},
				{toFP16, unsupported, "fp32 input with fp16 output"}, {masked, unsupported, "a bool mask: refused when probed"},
				{additive, unsupported, "an additive mask in fp32: refused when probed"},
				{withLSE, unsupported, "logsumexp: the library lacks mfa_attention_forward_with_lse"}}},
		{name: "refuses masks", flags: "-DREFUSE_MASKS", cases: []outcome{{nil, pass, ""}, {masked, unsupported, "a bool mask: refused when probed: mfa_attention_forward: error 3 (device not supported): naive: words for 3"}}},
		{name: "refuses fp16", flags: "-DREFUSE_FP16", cases: []outcome{{nil, pass, ""}, {fp16, unsupported, "fp16 input: refused"}, {toFP16, unsupported, "with fp16 output: refused"}, {bf16, pass, ""}}},
		{name: "whole pages", flags: "-DPAGES", found: map[string]string{"memory wrapped": "whole pages"}, described: "memory wrapped whole pages",
			cases: []outcome{{nil, pass, ""}, {offset, unsupported, "layout.k: offset 3: the ABI without descriptors has no offsets, and the library wraps memory only whole pages"}}},
		{name: "whole pages of an Apple machine", flags: "-DPAGES=16384", found: map[string]string{"memory wrapped": "whole pages"}, cases: []outcome{{nil, pass, ""}}},
		{name: "whole pages, not found out", flags: "-DPAGES", options: "pages=false", cases: []outcome{{nil, verdict.Error, "mfa_buffer_from_ptr: error 1"}}},
		{name: "aligned", flags: "-DALIGN=64", found: map[string]string{"memory wrapped": "at multiples of 64 bytes"},
			cases: []outcome{{nil, pass, ""}, {offset, unsupported, "offset 3"}, {func(c *cases.Case) { c.Layout.K.Offset = 16 }, pass, ""}}},
		{name: "codes swapped", flags: "-DSWAPPED", found: map[string]string{"precision codes 0,1,2": "fp32,fp16,bf16, where the header has fp16,bf16,fp32"},
			described: "precision codes 0,1,2 fp32,fp16,bf16", cases: []outcome{{nil, pass, ""}, {fp16, pass, ""}, {bf16, pass, ""}, {toFP16, pass, ""}, {withLSE, pass, ""}}},
		{name: "codes swapped, not found out", flags: "-DSWAPPED", options: "precisions=fp16,bf16,fp32", cases: []outcome{{fp16, verdict.Special, "NaN"}}},
		{name: "writes fp32", flags: "-DWRITES_FP32", found: map[string]string{"fp16 input": "wrong: the output is written as fp32", "fp32 input": "right"},
			described: "fp16 input wrong: the output is written as fp32", cases: []outcome{{nil, pass, ""}}},
		{name: "BSHD", flags: "-DLAYOUT_BSHD", found: map[string]string{"layout": "BSHD"}, described: "layout BSHD",
			cases: []outcome{{all(inBSHD, offset), pass, ""}, {nil, unsupported, "layout.q: strides: only contiguous BSHD"}}},
		{name: "BSHD, not found out", flags: "-DLAYOUT_BSHD", options: "layout=bhsd", described: "layout BHSD, as given", cases: []outcome{{nil, numeric, ""}}},
		{name: "logsumexp to base 2", flags: "-DBASE2", found: map[string]string{"logsumexp base": "base 2"}, described: "logsumexp base base 2",
			cases: []outcome{{withLSE, pass, ""}, {all(withLSE, topLeft), pass, ""}}},
		{name: "logsumexp to base 2, not found out", flags: "-DBASE2", options: "lse=natural", cases: []outcome{{withLSE, numeric, "lse["}}},
		{name: "bottom-right", flags: "-DBOTTOM_RIGHT", found: map[string]string{"causal alignment": "bottom-right"}, described: "causal alignment bottom-right",
			cases: []outcome{{bottomRight, pass, ""}, {topLeft, unsupported, "the library is bottom-right"}, {all(topLeft, asMany), pass, ""}}},
		{name: "bottom-right, not found out", flags: "-DBOTTOM_RIGHT", options: "causal=top-left", cases: []outcome{{topLeft, numeric, ""}}},
		{name: "the header without masks", flags: "-DMASKLESS", found: map[string]string{"masks": "none: masks change nothing"},
			cases: []outcome{{nil, pass, ""}, {masked, unsupported, "a mask: mfa_attention_forward of the library has no mask arguments"}}},
		{name: "the header without masks, given", flags: "-DMASKLESS", options: "header=nomasks", cases: []outcome{{topLeft, pass, ""}, {masked, unsupported, "no mask arguments"}}},
		{name: "the other header, given", flags: "-DMASKLESS", options: "header=masks", cases: []outcome{{masked, numeric, ""}}},
		{name: "ignores masks", flags: "-DIGNORES_MASKS", found: map[string]string{"a bool mask": "wrong"}, cases: []outcome{{nil, pass, ""}, {masked, numeric, ""}}},
		{name: "one head", flags: "-DONE_HEAD", found: map[string]string{"several heads": "refused: ", "several batches": "refused: "},
			cases: []outcome{{oneHead, pass, ""}, {nil, unsupported, "several batches: refused when probed"}}},
		{name: "square", flags: "-DSQUARE", found: map[string]string{"q_len unlike kv_len": "refused: ", "layout": "BHSD"},
			cases: []outcome{{asMany, pass, ""}, {nil, unsupported, "q_len unlike kv_len: refused when probed"}}},
		{name: "blocks", flags: "-DBLOCKS", found: map[string]string{"smallest probe that was right": "64 rows and keys, head_dim 64", "dispatches": "5 of 5 ran"},
			cases: []outcome{{func(c *cases.Case) { c.QLen, c.KVLen, c.HeadDim = 64, 128, 64 }, pass, ""},
				{func(c *cases.Case) { c.QLen = 64 }, unsupported, "kv_len 11: the library takes multiples of 64, as it seems: others were refused when probed: mfa_attention_forward: error 1"}}},
		{name: "a latency that cannot be", flags: "-DLATENCY=5.0", described: "layout unknown, BHSD is assumed: the probe failed: reported 5.000000 device seconds",
			cases: []outcome{{nil, verdict.Error, "reported 5.000000 device seconds"}}},
		{name: "wrong", flags: "-DWRONG", described: "layout unknown: a probe was right in neither BHSD nor BSHD, BHSD is assumed", cases: []outcome{{nil, numeric, ""}}},
		{name: "wrong in fp16", flags: "-DWRONG_FP16", found: map[string]string{"fp16 input": "wrong", "layout": "BHSD"}, cases: []outcome{{nil, pass, ""}, {fp16, numeric, ""}}},
		{name: "fails", flags: "-DFAILS", found: map[string]string{"fp32 input": "failed: mfa_attention_forward: error 5"},
			cases: []outcome{{nil, verdict.Error, "mfa_attention_forward: error 5 (execution failed): naive: words for 5"}}},
		{name: "fails where the lengths differ", flags: "-DFAILS_UNLIKE", found: map[string]string{"q_len unlike kv_len": "failed: ", "layout": "BHSD", "a bool mask": "right"},
			cases: []outcome{{asMany, pass, ""}, {nil, verdict.Error, "error 5"}}},
		{name: "runs once", flags: "-DONCE", found: map[string]string{"dispatches": "1 of 5 ran"}, described: "dispatches 1 of 5 ran"},
		{name: "refuses everything", flags: "-DREFUSES_ALL", found: map[string]string{"fp32 input": "refused: "}, cases: []outcome{{nil, unsupported, "fp32 input: refused when probed"}}},
		{name: "nothing is probed", flags: "-DREFUSE_MASKS", options: "probe=false", found: map[string]string{"probe": "none"},
			cases: []outcome{{nil, pass, ""}, {masked, unsupported, "mfa_attention_forward: error 3"}}},
		{name: "environment", flags: "-DFAILS", options: "env=NAIVE_NAME=somebody%20else", cases: []outcome{{nil, verdict.Error, "somebody else: words for 5"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, test.options, strings.Fields(test.flags)...)
			require.Contains(t, p.Name(), test.options)
			findings := found(p)
			for what, want := range test.found {
				require.Contains(t, findings[what], want, what)
			}
			require.Contains(t, p.Describe().Device, test.described)
			for _, o := range test.cases {
				c := square(t, o.change)
				got, err := trial.Run(context.Background(), p, c, trial.Options{})
				require.NoError(t, err)
				require.Equal(t, o.want, got.Verdict.Kind, "%s: %s", cases.Describe(c), got.Verdict.Reason)
				require.Contains(t, got.Verdict.Reason, o.reason)
			}
		})
	}
}

// A library that takes descriptors is asked for several dispatches in one call, and its memory is tried as any other's.
func TestFindingsOfALibraryWithDescriptors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "libmfa.so")
	if runtime.GOOS != "linux" {
		t.Skip("the library's own device is Linux's")
	}
	out, err := exec.Command("cc", "-shared", "-fPIC", "-O1", "-o", file, filepath.Join("testdata", "described.c"), "-lm").CombinedOutput()
	require.NoError(t, err, "%s", out)
	p, err := OpenLibrary(context.Background(), "lib:"+file, file, "")
	require.NoError(t, err)
	defer p.Close()
	require.Contains(t, found(p)["dispatches"], "1 of 5 ran")
	require.Equal(t, "anywhere", found(p)["memory wrapped"])
}

func TestALibraryThatIsSlowToLoadIsToldAsSuch(t *testing.T) {
	begin := time.Now()
	p := open(t, "", "-DSLOW=2")
	require.GreaterOrEqual(t, time.Since(begin), 2*time.Second)
	require.Contains(t, p.Describe().Device, "loaded in 2 s")
}

// The phases of an opening are told, and one that ended a process before is left out.
func TestPhasesOfOpeningALibrary(t *testing.T) {
	file := compile(t, "-DCRASHES")
	var phases []string
	ctx := paths.WithOpening(context.Background(), paths.Opening{
		Phase: func(words string) { phases = append(phases, words) },
		Skip: func(words string) bool {
			return strings.Contains(words, "unlike") || strings.Contains(words, "_len in steps") || strings.Contains(words, "strides") || strings.Contains(words, "transposed")
		},
	})
	p, err := OpenLibrary(ctx, "lib:"+file, file, "")
	require.NoError(t, err)
	defer p.Close()
	for _, want := range []string{"loading " + file, "mfa_create_context", "mfa_buffer_from_ptr", "probing: fp32 input", "probing: several batches and heads in BHSD"} {
		require.Contains(t, phases, want)
	}
	require.Equal(t, "failed: the process ended there before", found(p)[string(unlikeLengths)])
	require.Equal(t, "right", found(p)[string(boolMask)])
}

func TestWhatThePlainABICannotSay(t *testing.T) {
	bshd := convention{order: cases.BSHD}
	tests := []struct {
		abi    plainLibrary
		change func(*cases.Case)
		want   string
	}{
		{plainLibrary{}, func(c *cases.Case) { c.KVHeads = 1 }, "kv_heads 1"},
		{plainLibrary{}, func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.WindowMask, Left: 1} }, "a window"},
		{plainLibrary{}, func(c *cases.Case) { c.Mask = cases.Mask{Kind: cases.BoolMask, Window: true, Left: 1} }, "a window"},
		{plainLibrary{}, bottomRight, "causal bottom-right"},
		{plainLibrary{convention: convention{bottomRight: true}}, topLeft, "causal top-left"},
		{plainLibrary{}, func(c *cases.Case) { c.LSE, c.Mask.Kind = true, cases.BoolMask }, "logsumexp with a mask"},
		{plainLibrary{}, func(c *cases.Case) { c.LSE, c.Output = true, precision.FP16 }, "one precision"},
		{plainLibrary{missing: []string{lseFunction}}, withLSE, "the library lacks mfa_attention_forward_with_lse"},
		{plainLibrary{}, func(c *cases.Case) { c.Layout.K = cases.Operand{Transpose: true, Pad: 1} }, "layout.k: a transposed operand"},
		{plainLibrary{missing: []string{stridesFunction}}, func(c *cases.Case) { c.Layout.V.Pad = 1 }, "layout.v: strides: the library lacks"},
		{plainLibrary{convention: bshd}, nil, "layout.q: strides: only contiguous BSHD"},
		{plainLibrary{}, func(c *cases.Case) { c.Layout.V.Pad, c.Layout.K.Transpose = 1, true }, ""},
		{plainLibrary{}, func(c *cases.Case) { c.Mask.Kind = cases.AdditiveMask }, ""},
	}
	for _, test := range tests {
		test.abi.library = &library{}
		err := test.abi.Supports(square(t, test.change))
		if test.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, test.want)
		}
	}
}

func TestOptions(t *testing.T) {
	for text, want := range map[string]string{
		"math=wild":           `option math: "wild": want one of fast, fast-folded, safe`,
		"schedule=forward,up": `option schedule: "up": want one of forward, lockstep, random, reverse`,
		"fill=nan,zero":       `option fill: "nan,zero": want one`,
		"math=safe&math=fast": `option math: given 2 times, want once`,
		"threads=-1":          `option threads: "-1": want 0 to 1024`,
		"kernel=no/such":      `option kernel: open no/such`,
		"parts=0":             `option parts: "0": want 1 to 32`,
		"parts=33":            `option parts: "33": want 1 to 32`,
		"threadgroup=100":     `option threadgroup: "100": want 32768 to 1048576`,
		"colour=red":          `option colour: want device, math, kernel, parts, engine, schedule, fill, seed, threads, check, threadgroup, limits, memory or registers`,
	} {
		_, err := OpenDevice(HostDevice, text)
		require.ErrorContains(t, err, want)
	}
}

func TestLibraryOptions(t *testing.T) {
	names := strings.Join(slices.Sorted(maps.Keys(LibraryOptions())), ", ")
	for text, want := range map[string]string{
		"colour=red":                `option "colour": want ` + names,
		"math=wild":                 `option math: "wild": want one of fast, safe`,
		"family=m1":                 `option family: "m1": want apple1 to apple10`,
		"family=apple11":            `option family: "apple11": want apple1 to apple10`,
		"env=NAME":                  `option env: "NAME": want NAME=VALUE`,
		"env=LD_PRELOAD=x":          "option env: LD_PRELOAD: the loader reads it when a program starts",
		"layout=hbsd":               `option layout: "hbsd": want one of bhsd, bshd`,
		"precisions=fp16,fp32":      `option precisions: "fp16,fp32": want fp16, bf16 and fp32`,
		"precisions=fp16,fp16,fp32": `option precisions: "fp16,fp16,fp32"`,
		"lse=10":                    `option lse: "10": want one of base2, natural`,
		"causal=left":               `option causal: "left": want one of bottom-right, top-left`,
		"header=new":                `option header: "new": want one of masks, nomasks`,
		"pages=some":                `option pages: "some": want one of 0, 1, false, true`,
		"layout=bhsd&layout=bshd":   "option layout: given 2 times, want once",
		"plain=true&probe=perhaps":  `option probe: "perhaps"`,
		"%zz":                       `options "%zz"`,
	} {
		_, err := OpenLibrary(context.Background(), "lib:x", "no/such/file", text)
		require.ErrorContains(t, err, want, text)
	}
	o, err := parseLibraryOptions("plain&pages&math=fast&family=apple9&env=A=1&env=B=x=y&precisions=fp32,fp16,bf16")
	require.NoError(t, err)
	require.True(t, o.plain && o.wrap.pages && o.wrapGiven)
	require.Equal(t, metal.MathFast, o.math)
	require.ElementsMatch(t, []variable{{familyVariable, "apple9"}, {"A", "1"}, {"B", "x=y"}}, o.environment)
	require.Equal(t, metal.Precision(0), o.convention.codes.of(precision.FP32))
}

// A path runs on the device that its options name, and a choice that only the host device has is refused elsewhere.
func TestTheDeviceOfAPath(t *testing.T) {
	for text, want := range map[string]string{
		"device=abacus":           `option device: device "abacus": want one of host, cuda`,
		"device=":                 `option device: device "": want one of host, cuda`,
		"device=abacus&math=wild": `option device: device "abacus"`,
	} {
		_, err := OpenDevice(HostDevice, text)
		require.ErrorContains(t, err, want, text)
	}
	p, err := OpenDevice(HostDevice, "device=host")
	require.NoError(t, err)
	require.Equal(t, "host?device=host", p.Name())
	require.NoError(t, p.(*Path).Close())

	for text, want := range map[string]string{
		"limits=none":   `option limits: "none": want one of device, metal`,
		"memory=own":    `option memory: "own": want one of copied, mapped`,
		"registers=8":   `option registers: "8": want 16 to 255, or 0`,
		"schedule=none": "option schedule: device cuda:1 has no such choice, only host has",
	} {
		_, err := Modes("cuda:1", text)
		require.ErrorContains(t, err, want, text)
	}
	modes, err := Modes("cuda:3", "limits=metal&memory=mapped&registers=64&math=fast")
	require.NoError(t, err)
	require.Equal(t, metal.CUDAOptions{Index: 3, Memory: metal.CUDAMapped, Registers: 64, Limits: metal.CUDAMetalLimits}, modes[0].CUDA)
	require.True(t, modes[0].limited)

	elsewhere := func() *deviceOptions { return &deviceOptions{device: "elsewhere"} }
	for key, text := range map[string]string{"limits": "device", "memory": "copied", "registers": "64"} {
		require.ErrorContains(t, elsewhere().set(key, text), "option "+key+": device elsewhere has no such choice, only cuda has")
	}
	for key, text := range map[string]string{"schedule": "forward", "fill": "nan", "seed": "1", "threads": "1", "check": "true", "threadgroup": "65536"} {
		require.ErrorContains(t, elsewhere().set(key, text), "option "+key+": device elsewhere has no such choice, only host has")
	}
	require.ErrorContains(t, elsewhere().set("math", "fast,fast-folded"), "option math: fast-folded: device elsewhere has no such mode")
	require.NoError(t, elsewhere().set("math", "safe,fast"))
	require.Zero(t, Mode{Device: "elsewhere"}.processors())
}
