package cli

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/plainfile"
)

// bufferSpec is what --buffer asks for in one slot.
type bufferSpec struct {
	index int
	kind  string // a generator, or "file"
	path  string
	types string // of the elements
	count int
}

// generators fill element i of n.
var generators = map[string]func(random *rand.Rand, i int) float64{
	"zero":    func(*rand.Rand, int) float64 { return 0 },
	"one":     func(*rand.Rand, int) float64 { return 1 },
	"iota":    func(_ *rand.Rand, i int) float64 { return float64(i) },
	"nan":     func(*rand.Rand, int) float64 { return math.NaN() },
	"normal":  func(r *rand.Rand, _ int) float64 { return r.NormFloat64() },
	"uniform": func(r *rand.Rand, _ int) float64 { return r.Float64() },
}

func indexed(text string) (int, string, error) {
	index, rest, ok := strings.Cut(text, "=")
	n, err := strconv.Atoi(index)
	if !ok || err != nil || n < 0 || n > 30 {
		return 0, "", fmt.Errorf("%q: INDEX=... with an index of 0 to 30 is wanted", text)
	}
	return n, rest, nil
}

// parseBuffer reads 0=normal:float:1024 or 0=file:PATH or 0=file:PATH:half (the type is how it is shown).
func parseBuffer(text string) (bufferSpec, error) {
	index, rest, err := indexed(text)
	if err != nil {
		return bufferSpec{}, err
	}
	parts := strings.Split(rest, ":")
	if parts[0] == "file" && (len(parts) == 2 || len(parts) == 3) {
		s := bufferSpec{index: index, kind: "file", path: parts[1], types: "float"}
		if len(parts) == 3 {
			s.types = parts[2]
		}
		_, err := elementOf(s.types)
		return s, err
	}
	if _, ok := generators[parts[0]]; !ok || len(parts) != 3 {
		return bufferSpec{}, fmt.Errorf("%q: INDEX=GENERATOR:TYPE:COUNT with zero, one, iota, nan, normal or uniform, or INDEX=file:PATH is wanted", text)
	}
	if _, err := elementOf(parts[1]); err != nil {
		return bufferSpec{}, err
	}
	most := mostBytes / elements[parts[1]].bytes
	count, err := strconv.Atoi(parts[2])
	if err != nil || count < 1 || count > most {
		return bufferSpec{}, fmt.Errorf("%q: a count of 1 to %d is wanted", text, most)
	}
	if parts[0] == "nan" && !isFloating(parts[1]) {
		return bufferSpec{}, fmt.Errorf("%q: %s has no NaN; float, half or bfloat is wanted", text, parts[1])
	}
	return bufferSpec{index: index, kind: parts[0], types: parts[1], count: count}, nil
}

// mostBytes keeps a count from passing what a number of bytes can be; a device refuses less.
const mostBytes = 1 << 40

// memory makes the device's memory with what the buffer starts with. The seed and the index decide the random values.
func (s bufferSpec) memory(d *device.Device, seed uint64) (*device.Memory, error) {
	e := elements[s.types]
	var file []byte
	n := s.count * e.bytes
	if s.kind == "file" {
		var err error
		if file, err = plainfile.Read(s.path, plainfile.NoLimit); err != nil {
			return nil, err
		}
		if n = len(file); n == 0 {
			return nil, fmt.Errorf("%s is empty", s.path)
		}
	}
	m, err := d.NewMemory(n)
	if err != nil {
		return nil, err
	}
	b := m.Bytes()
	copy(b, file)
	random := rand.New(rand.NewPCG(seed, uint64(s.index)))
	for i := range s.count {
		e.put(b[i*e.bytes:], generators[s.kind](random, i))
	}
	return m, nil
}

// parseBytes reads 4=uint:12,float:0.5: values one after another, each aligned to its own size as in a struct.
func parseBytes(text string) (int, []byte, error) {
	index, rest, err := indexed(text)
	if err != nil {
		return 0, nil, err
	}
	var out []byte
	widest := 1
	for _, field := range strings.Split(rest, ",") {
		typeName, number, _ := strings.Cut(field, ":")
		b, err := value(typeName, number)
		if err != nil {
			return 0, nil, err
		}
		for len(out)%len(b) != 0 {
			out = append(out, 0)
		}
		widest = max(widest, len(b))
		out = append(out, b...)
	}
	for len(out)%widest != 0 {
		out = append(out, 0)
	}
	return index, out, nil
}

// summary shows an output: how many elements, their range, and the first few.
func summary(s bufferSpec, b []byte, show int) string {
	e := elements[s.types]
	n := len(b) / e.bytes
	low, high, nans := math.Inf(1), math.Inf(-1), 0
	var first []string
	for i := range n {
		x := e.get(b[i*e.bytes:])
		if math.IsNaN(x) {
			nans++
		}
		low, high = min(low, x), max(high, x)
		if i < show {
			first = append(first, strconv.FormatFloat(x, 'g', 6, 64))
		}
	}
	text := fmt.Sprintf("buffer %d: %d %s", s.index, n, s.types)
	if nans > 0 {
		text += fmt.Sprintf(", %d NaN", nans)
	} else if n > 0 {
		text += fmt.Sprintf(", %.6g to %.6g", low, high)
	}
	if len(first) < n {
		first = append(first, "...")
	}
	return text + ": " + strings.Join(first, " ")
}
