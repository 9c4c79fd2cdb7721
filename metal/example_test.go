package metal_test

import (
	"fmt"
	"log"

	"attest.example/attest/metal"
)

// Causal attention of one head over the caller's own slices, which the device reads and writes in place.
func ExampleContext_NewAttention() {
	device, err := metal.NewDevice("host")
	if err != nil {
		log.Fatal(err)
	}
	defer device.Close()
	context, err := device.NewContext()
	if err != nil {
		log.Fatal(err)
	}
	defer context.Close()

	const rows, headDim = 3, 2
	q, k := make([]float32, rows*headDim), make([]float32, rows*headDim) // all scores 0: the mean of v
	v, out := []float32{1, 10, 3, 20, 5, 60}, make([]float32, rows*headDim)
	tensor := func(data []float32) metal.Tensor {
		buffer, err := context.WrapFloat32s(data)
		if err != nil {
			log.Fatal(err)
		}
		return metal.Tensor{Buffer: buffer}
	}
	attention, err := context.NewAttention(&metal.AttentionOptions{
		Q: tensor(q), K: tensor(k), V: tensor(v), Out: tensor(out),
		Batch: 1, Heads: 1, KVHeads: 1, QLen: rows, KVLen: rows, HeadDim: headDim, Scores: metal.Scores{Scale: metal.DefaultScale(headDim)},
		Input: metal.FP32, Intermediate: metal.FP32, Output: metal.FP32, Causal: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer attention.Close()
	if err := attention.Forward(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(out)
	// Output: [1 10 2 15 3 30]
}
