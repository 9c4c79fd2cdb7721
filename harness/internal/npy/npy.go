// Package npy reads and writes numpy's .npy files of the formats that attention operands have, fp16 among them, which
// the known libraries leave out. The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
// It reads no object arrays, no structured types and no pickles.
package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"attest.example/attest/harness/internal/precision"
)

// Array is a file's content, its elements in row-major order.
type Array struct {
	Shape  []int
	Values []float64
}

var (
	magic      = []byte("\x93NUMPY")
	descrOf    = regexp.MustCompile(`'descr':\s*'([^']*)'`)
	fortranOf  = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	shapeOf    = regexp.MustCompile(`'shape':\s*\(([^)]*)\)`)
	sizes      = map[string]int{"<f2": 2, "<f4": 4, "<f8": 8, "|b1": 1, "|u1": 1, "|i1": 1, "<i4": 4, "<i8": 8, "<u4": 4}
	dtypeNames = "<f2, <f4, <f8, |b1, |u1, |i1, <i4, <u4 or <i8"
)

// Decode reads a file.
func Decode(data []byte) (*Array, error) {
	if len(data) < 10 || !bytes.Equal(data[:6], magic) {
		return nil, fmt.Errorf("no .npy file: it begins with %q", data[:min(len(data), 6)])
	}
	start, length := 10, int(binary.LittleEndian.Uint16(data[8:]))
	if data[6] >= 2 {
		if len(data) < 12 {
			return nil, fmt.Errorf("the file ends in its header")
		}
		start, length = 12, int(binary.LittleEndian.Uint32(data[8:]))
	}
	if length > len(data)-start {
		return nil, fmt.Errorf("the file ends in its header")
	}
	header, data := string(data[start:start+length]), data[start+length:]
	descr, fortran, shape := descrOf.FindStringSubmatch(header), fortranOf.FindStringSubmatch(header), shapeOf.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return nil, fmt.Errorf("header %q: descr, fortran_order and shape expected", strings.TrimSpace(header))
	}
	size, known := sizes[descr[1]]
	if !known {
		return nil, fmt.Errorf("dtype %q: want %s", descr[1], dtypeNames)
	}
	a := &Array{}
	count := 1
	for _, word := range strings.Split(shape[1], ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > 0 && count > len(data)/n+1 {
			return nil, fmt.Errorf("shape (%s): the file holds %d bytes", shape[1], len(data))
		}
		a.Shape = append(a.Shape, n)
		count *= n
	}
	if fortran[1] == "True" && len(a.Shape) > 1 {
		return nil, fmt.Errorf("fortran_order: want rows, as numpy.ascontiguousarray makes them")
	}
	if len(data) != count*size {
		return nil, fmt.Errorf("%d bytes follow the header; shape (%s) of %s takes %d", len(data), shape[1], descr[1], count*size)
	}
	a.Values = make([]float64, count)
	for i := range a.Values {
		a.Values[i] = decode(descr[1], data[i*size:])
	}
	return a, nil
}

func decode(dtype string, b []byte) float64 {
	switch dtype {
	case "<f2":
		return precision.FP16.Value(uint32(binary.LittleEndian.Uint16(b)))
	case "<f4":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case "<f8":
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case "|i1":
		return float64(int8(b[0]))
	case "<i4":
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case "<u4":
		return float64(binary.LittleEndian.Uint32(b))
	case "<i8":
		return float64(int64(binary.LittleEndian.Uint64(b)))
	}
	return float64(b[0])
}

// Encode writes values in row-major order as <f2 (FP16) or <f4, which holds every value of the others.
func Encode(shape []int, values []float64, format precision.Format) []byte {
	dtype, size := "<f4", 4
	if format == precision.FP16 {
		dtype, size = "<f2", 2
	}
	var extents strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&extents, "%d, ", n)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, strings.TrimSuffix(extents.String(), " "))
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	out := append(append([]byte{}, magic...), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	out = append(out, header...)
	for _, x := range values {
		if size == 2 {
			out = binary.LittleEndian.AppendUint16(out, uint16(precision.FP16.Bits(x)))
		} else {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(x)))
		}
	}
	return out
}
