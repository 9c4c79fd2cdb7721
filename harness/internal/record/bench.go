package record

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
)

// The units of bench.txt. They are base units, which benchstat scales by itself.
const (
	UnitDevice  = "sec/op"         // device seconds of one dispatch
	UnitWall    = "wall-sec/op"    // seconds of the whole call
	UnitCompile = "compile-sec/op" // seconds spent compiling for the call, where it was not cached
	UnitInstrs  = "instrs/s"       // see Instructions
	UnitNominal = "flop/s"         // see NominalFLOP
	UnitNeeded  = "needed-flop/s"  // see NeededFLOP
	UnitBytes   = "B/s"            // see Bytes
	// UnitYardstick is the device seconds of one dispatch by those of a unit of fixed work that ran on the same device
	// in the same moments. How busy the machine was, or how hot, moves both, and not this.
	UnitYardstick = "yardsticks/op"
)

// BenchWriter writes results in the Go benchmark format. Whatever a result has, it writes with one write.
type BenchWriter struct {
	to     io.Writer
	buffer bytes.Buffer
	format *benchfmt.Writer
	config []benchfmt.Config
}

// NewBenchWriter begins a file with the units; the header follows before the first result.
func NewBenchWriter(to io.Writer, h Header) (*BenchWriter, error) {
	w := &BenchWriter{to: to}
	w.format = benchfmt.NewWriter(&w.buffer)
	for _, c := range []struct{ key, value string }{
		{"goos", h.OS}, {"goarch", h.Arch}, {"path", h.Path}, {"device", h.Device}, {"toolchain", h.Toolchain},
		{"commit", h.Commit}, {"seed", strconv.FormatUint(h.Seed, 10)},
	} {
		if value := OneLine(c.value); value != "" {
			w.config = append(w.config, benchfmt.Config{Key: c.key, Value: []byte(value), File: true})
		}
	}
	for _, unit := range []string{UnitInstrs, UnitNominal, UnitNeeded, UnitBytes} {
		meta := &benchfmt.UnitMetadata{
			UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}, OrigUnit: unit, Value: "higher",
		}
		if err := w.format.Write(meta); err != nil {
			return nil, err
		}
	}
	return w, w.flush()
}

// Add writes one line for each dispatch, so that a case brings its own sample. A failing case brings none: a wrong
// result has no speed. Nor does one whose times cannot be true.
func (w *BenchWriter) Add(r Result) error {
	if r.Kind != verdict.Pass && r.Kind != verdict.Inconclusive || r.Impossible != "" {
		return nil
	}
	for i := range max(1, len(r.DeviceSeconds)) {
		sample := Sample{Dispatches: 1}
		if i < len(r.DeviceSeconds) {
			sample.Device = r.DeviceSeconds[i]
		}
		if i == 0 { // once a call, not once a dispatch
			sample.Wall, sample.Compile = r.WallSeconds, r.CompileSeconds
		}
		if err := w.write(r.Case, sample); err != nil {
			return err
		}
	}
	return w.flush()
}

// Sample is one line of the file, each number for one dispatch; what is 0 was not measured.
type Sample struct {
	Dispatches            int // that were measured; at least 1
	Device, Wall, Compile float64
	Yardsticks            float64 // see UnitYardstick
}

// AddSample writes one line.
func (w *BenchWriter) AddSample(c cases.Case, s Sample) error {
	if err := w.write(c, s); err != nil {
		return err
	}
	return w.flush()
}

// write leaves out a line of a sample that holds nothing.
func (w *BenchWriter) write(c cases.Case, s Sample) error {
	line := benchfmt.Result{Config: w.config, Name: benchfmt.Name(BenchName(c)), Iters: max(1, s.Dispatches)}
	if s.Device > 0 {
		speed := SpeedOf(c, 1, s.Device)
		line.Values = appendValue(line.Values, s.Device, UnitDevice)
		line.Values = appendValue(line.Values, speed.Instructions*1e9, UnitInstrs)
		line.Values = appendValue(line.Values, speed.Nominal*1e9, UnitNominal)
		line.Values = appendValue(line.Values, speed.Needed*1e9, UnitNeeded)
		if speed.BytesMoved > 0 && pairs(c) > 0 && s.Device >= shortest { // a case without work has no rate
			line.Values = appendValue(line.Values, speed.BytesMoved/s.Device, UnitBytes)
		}
	}
	line.Values = appendValue(line.Values, s.Yardsticks, UnitYardstick)
	line.Values = appendValue(line.Values, s.Wall, UnitWall)
	line.Values = appendValue(line.Values, s.Compile, UnitCompile)
	if len(line.Values) == 0 {
		return nil
	}
	return w.format.Write(&line)
}

func (w *BenchWriter) flush() error {
	if w.buffer.Len() == 0 {
		return nil
	}
	defer w.buffer.Reset()
	_, err := w.to.Write(w.buffer.Bytes())
	return err
}

// appendValue leaves out what is not a measurement: zero, negative, NaN, infinite.
func appendValue(values []benchfmt.Value, x float64, unit string) []benchfmt.Value {
	if !(x > 0) || math.IsInf(x, 1) {
		return values
	}
	return append(values, benchfmt.Value{Value: x, Unit: unit})
}

// BenchName is the name of a case in bench.txt: what decides its speed, as key=value parts that benchstat can group
// by, such as Attend/mask=causal/in=fp16/D=64/B=1/H=8/kvH=8/q=77/kv=130. Cases that differ only in their values
// share a name.
func BenchName(c cases.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Attend/mask=%s/in=%s", MaskWord(c), c.Input)
	if c.Output != c.Input {
		fmt.Fprintf(&b, "/out=%s", c.Output)
	}
	if c.Intermediate.Valid() {
		fmt.Fprintf(&b, "/acc=%s", c.Intermediate)
	}
	fmt.Fprintf(&b, "/D=%d", c.HeadDim)
	if c.VHeadDim > 0 {
		fmt.Fprintf(&b, "/vD=%d", c.VHeadDim)
	}
	fmt.Fprintf(&b, "/B=%d/H=%d/kvH=%d/q=%d/kv=%d", c.Batch, c.Heads, c.KVHeads, c.QLen, c.KVLen)
	if c.LSE {
		b.WriteString("/lse=true")
	}
	if c.Layout != (cases.Layout{}) {
		b.WriteString("/layout=strided")
	}
	return b.String()
}

// MaskWord names a case's mask in one word: none, causal, causal-bottom-right, window, bool, additive-fp16,
// bool+causal, bool+window.
func MaskWord(c cases.Case) string {
	m := &c.Mask
	word := string(m.Kind)
	switch {
	case m.Kind == "":
		return string(cases.NoMask)
	case m.Kind == cases.AdditiveMask:
		word += "-" + m.Format.String()
	}
	switch {
	case m.Window:
		word += "+" + string(cases.WindowMask)
	case m.IsArray() && m.Align != "":
		word += "+" + string(cases.CausalMask)
	}
	if m.Align == cases.BottomRight {
		word += "-" + string(cases.BottomRight)
	}
	return word
}

// OneLine makes free text fit for one line: runs of blanks and control characters become one space.
func OneLine(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
