package host

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

const attentionFile = "testdata/attention.metal"

type problem struct {
	Length uint32
	Scale  float32
}

// attentionRun is one launch of testdata/attention.metal in float.
type attentionRun struct {
	length, heads, headDim int
	q, k, v, output        *device.Memory
	pipeline               *device.Kernel
	launch                 device.Launch
}

func newAttention(tb testing.TB, d *device.Device, function string, length, heads, headDim int) *attentionRun {
	tb.Helper()
	r := &attentionRun{length: length, heads: heads, headDim: headDim}
	r.pipeline = compileFile(tb, d, attentionFile, function)
	random := rand.New(rand.NewPCG(1, 2))
	for _, b := range []**device.Memory{&r.q, &r.k, &r.v, &r.output} {
		*b = buffer(tb, d, 4*length*heads*headDim)
		for i := range (*b).Float32s() {
			(*b).Float32s()[i] = float32(random.NormFloat64())
		}
	}
	p := problem{uint32(length), float32(1 / math.Sqrt(float64(headDim)))}
	r.launch = device.Launch{
		Arguments: []device.Argument{{Index: 0, Memory: r.q}, {Index: 1, Memory: r.k}, {Index: 2, Memory: r.v},
			{Index: 3, Memory: r.output}, {Index: 4, Bytes: unsafe.Slice((*byte)(unsafe.Pointer(&p)), 8)}},
		Grid:        [3]uint32{uint32(length+31) / 32, uint32(heads)},
		Threadgroup: [3]uint32{128},
	}
	return r
}

// worst is the largest distance of the output from the same attention in float64.
func (r *attentionRun) worst() float64 {
	worst := 0.0
	q, k, v, output := r.q.Float32s(), r.k.Float32s(), r.v.Float32s(), r.output.Float32s()
	scores := make([]float64, r.length)
	for row := range r.length * r.heads {
		head := row / r.length * r.length
		largest, total := math.Inf(-1), 0.0
		for j := range scores {
			scores[j] = 0
			for d := range r.headDim {
				scores[j] += float64(q[row*r.headDim+d]) * float64(k[(head+j)*r.headDim+d])
			}
			scores[j] /= math.Sqrt(float64(r.headDim))
			largest = max(largest, scores[j])
		}
		for j := range scores {
			scores[j] = math.Exp(scores[j] - largest)
			total += scores[j]
		}
		for d := range r.headDim {
			sum := 0.0
			for j := range scores {
				sum += scores[j] * float64(v[(head+j)*r.headDim+d])
			}
			difference := math.Abs(sum/total - float64(output[row*r.headDim+d]))
			if !(difference <= worst) {
				worst = difference
			}
		}
	}
	return worst
}

func TestAttentionIsRight(t *testing.T) {
	d := newDevice(t, Options{})
	for _, length := range []int{1, 31, 32, 33, 100} {
		r := newAttention(t, d, "attention_float_64", length, 3, 64)
		run(t, r.pipeline, r.launch)
		if worst := r.worst(); !(worst < 1e-6) {
			t.Errorf("length %d: an output is off by %g", length, worst)
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(map[int]string{1: "1core", 2: "2cores"}[workers], func(b *testing.B) {
			d := newDevice(b, Options{Workers: workers})
			r := newAttention(b, d, "attention_float_64", 1024, 1, 64)
			run(b, r.pipeline, r.launch)
			seconds, processor := 0.0, processorSeconds(b)
			for b.Loop() {
				seconds += run(b, r.pipeline, r.launch)[0]
			}
			processor = processorSeconds(b) - processor
			flops := 4 * 1024 * 1024 * 64.0 * float64(b.N)
			b.ReportMetric(flops/seconds/1e9, "GFLOP/s")
			b.ReportMetric(flops/processor/1e9, "GFLOP/cpu-s") // what a busy machine does not spoil
		})
	}
}

// BenchmarkWaits measures what a lane pays to wait: for its simdgroup, and for its threadgroup.
func BenchmarkWaits(b *testing.B) {
	d := newDevice(b, Options{Workers: 1})
	const rounds = 2000
	for _, c := range []struct{ name, body string }{
		{"simdgroup_barrier", "simdgroup_barrier(mem_flags::mem_threadgroup);"},
		{"simd_sum", "x = simd_sum(x) * 0.03f;"},
		{"simd_shuffle_xor", "x = simd_shuffle_xor(x, 1);"},
		{"threadgroup_barrier", "threadgroup_barrier(mem_flags::mem_threadgroup);"},
	} {
		for _, threads := range []int{32, 128, 1024} {
			b.Run(fmt.Sprintf("%s/%d", c.name, threads), func(b *testing.B) {
				p := compileText(b, d, `kernel void test(device float *out [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {
  float x = i;
  for (uint k = 0; k < 2000; ++k) { `+c.body+` }
  out[i] = x;
}`)
				l := device.Launch{Arguments: []device.Argument{{Memory: buffer(b, d, 4096)}}, Grid: [3]uint32{1}, Threadgroup: [3]uint32{uint32(threads)}}
				run(b, p, l)
				processor := processorSeconds(b)
				for b.Loop() {
					run(b, p, l)
				}
				b.ReportMetric((processorSeconds(b)-processor)*1e9/float64(b.N)/rounds/float64(threads), "ns/lane")
			})
		}
	}
}

func BenchmarkStart(b *testing.B) {
	source, err := os.ReadFile(attentionFile)
	if err != nil {
		b.Fatal(err)
	}
	d := newDevice(b, Options{})
	for b.Loop() {
		p, err := d.Compile(&device.Program{Source: string(source), File: attentionFile, Function: "attention_float_64"})
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
}

// BenchmarkChecked is the same launch without and with the checkers, for what they cost.
func BenchmarkChecked(b *testing.B) {
	for _, check := range []bool{false, true} {
		b.Run(fmt.Sprint(check), func(b *testing.B) {
			d := newDevice(b, Options{Workers: 1, Check: check})
			r := newAttention(b, d, "attention_float_64", 128, 1, 64)
			for b.Loop() {
				run(b, r.pipeline, r.launch)
			}
		})
	}
}
