//go:build cgo && unix

package main

import (
	_ "embed"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"attest.example/attest/metal"
)

//go:embed kernels.metal
var kernels string

// rows are the kernels that are measured: the project's own, a vector kernel in the style of public ones, and code whose
// lanes part all the time.
func rows(n int) []row {
	return []row{
		attention("attention fp32", n, metal.FP32, false, false),
		attention("attention fp16", n, metal.FP16, false, false),
		attention("attention bf16", n, metal.BF16, false, false),
		attention("attention fp32 causal", n, metal.FP32, true, false),
		attention("attention fp32 bool mask", n, metal.FP32, false, true),
		vector("vector attention fp32", n, 64),
		parted("lanes that part"),
	}
}

// columns of q, k and v.
const columns = 64

// attention is one head of n rows over n keys of 64 columns by the project's own kernel.
func attention(name string, n int, p metal.Precision, causal, masked bool) row {
	const headDim = columns
	flops := 4 * float64(n) * float64(n) * headDim
	if causal {
		flops /= 2
	}
	return row{name, flops, p == metal.FP32 && !causal && !masked, func(d *metal.Device) (func() error, []byte, error) {
		c, err := d.NewContext()
		if err != nil {
			return nil, nil, err
		}
		size := 2
		if p == metal.FP32 {
			size = 4
		}
		r := rand.New(rand.NewPCG(3, 3))
		var t [4]metal.Tensor
		for i := range t {
			memory := make([]byte, n*headDim*size)
			normal(memory, p, r)
			b, err := c.NewBuffer(len(memory))
			if err != nil {
				return nil, nil, err
			}
			copy(b.Bytes(), memory)
			t[i].Buffer = b
		}
		o := &metal.AttentionOptions{Q: t[0], K: t[1], V: t[2], Out: t[3], Batch: 1, Heads: 1, KVHeads: 1, QLen: n, KVLen: n, HeadDim: headDim,
			Scores: metal.Scores{Scale: metal.DefaultScale(headDim)}, Input: p, Intermediate: metal.FP32, Output: p, Causal: causal}
		if masked {
			m, err := c.NewBuffer(n * n)
			if err != nil {
				return nil, nil, err
			}
			for i := range m.Bytes() {
				if r.IntN(3) > 0 {
					m.Bytes()[i] = 1
				}
			}
			o.Mask = &metal.Mask{Type: metal.MaskBool, Buffer: m, Shape: []int64{int64(n), int64(n)}}
		}
		a, err := c.NewAttention(o)
		if err != nil {
			return nil, nil, err
		}
		return a.Forward, t[3].Buffer.Bytes(), nil
	}}
}

// vector is attention of 32 rows over n keys, a threadgroup of 8 simdgroups for each row.
func vector(name string, n, headDim int) row {
	const queries = 32
	return row{name, 4 * queries * float64(n) * float64(headDim), false, func(d *metal.Device) (func() error, []byte, error) {
		r := rand.New(rand.NewPCG(3, 3))
		memory := [4][]byte{make([]byte, 4*queries*headDim), make([]byte, 4*n*headDim), make([]byte, 4*n*headDim), make([]byte, 4*queries*headDim)}
		for _, m := range memory[:3] {
			normal(m, metal.FP32, r)
		}
		keys := binary.LittleEndian.AppendUint32(nil, uint32(n))
		scale := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(1/math.Sqrt(float64(headDim)))))
		return launch(d, "vector_attention", memory[:], [][]byte{keys, scale}, 3, queries, 256)
	}}
}

// parted is a kernel of which every lane goes its own way.
func parted(name string) row {
	const threads = 64 * 32
	return row{name, 3 * 100 * threads, false, func(d *metal.Device) (func() error, []byte, error) {
		memory := [][]byte{make([]byte, 4*threads), make([]byte, 4*threads)}
		r := rand.New(rand.NewPCG(5, 5))
		for i := range threads {
			binary.LittleEndian.PutUint32(memory[0][4*i:], r.Uint32N(1<<20)+1)
		}
		return launch(d, "parted", memory, nil, 1, 64, 32)
	}}
}

// launch compiles a kernel of kernels.metal and binds memory, then constants, from slot 0 on.
func launch(d *metal.Device, function string, memory, constants [][]byte, result, groups, threads int) (func() error, []byte, error) {
	k, err := d.NewKernel(metal.KernelOptions{Source: kernels, File: "kernels.metal", Function: function})
	if err != nil {
		return nil, nil, err
	}
	var arguments []metal.Argument
	var out []byte
	for i, m := range memory {
		b, err := d.NewMemory(len(m))
		if err != nil {
			return nil, nil, err
		}
		copy(b.Bytes(), m)
		if i == result {
			out = b.Bytes()
		}
		arguments = append(arguments, metal.Argument{Index: uint32(i), Memory: b})
	}
	for i, c := range constants {
		arguments = append(arguments, metal.Argument{Index: uint32(len(memory) + i), Bytes: c})
	}
	l := &metal.Launch{Arguments: arguments, Grid: [3]uint32{uint32(groups)}, Threadgroup: [3]uint32{uint32(threads)}}
	return func() error {
		_, err := k.Run(l)
		return err
	}, out, nil
}
