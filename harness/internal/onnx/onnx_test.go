package onnx

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/oracle"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/reference"
)

// model writes model.onnx of one node.
func model(operator string, in []string, attributes map[string]any) []byte {
	var node []byte
	text := func(to []byte, number protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), s)
	}
	for _, name := range in {
		node = text(node, 1, name)
	}
	node = text(text(node, 2, "Y"), 4, operator)
	for name, value := range attributes {
		a := text(nil, 1, name)
		switch v := value.(type) {
		case float32:
			a = protowire.AppendFixed32(protowire.AppendTag(a, 2, protowire.Fixed32Type), math.Float32bits(v))
		case int:
			a = protowire.AppendVarint(protowire.AppendTag(a, 3, protowire.VarintType), uint64(v))
		}
		node = protowire.AppendBytes(protowire.AppendTag(node, 5, protowire.BytesType), a)
	}
	graph := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), node)
	return protowire.AppendBytes(protowire.AppendTag(nil, 7, protowire.BytesType), graph)
}

func tensorFile(name string, kind elementType, dims []int, values ...float64) []byte {
	var t, raw []byte
	for _, d := range dims {
		t = protowire.AppendVarint(protowire.AppendTag(t, 1, protowire.VarintType), uint64(d))
	}
	t = protowire.AppendVarint(protowire.AppendTag(t, 2, protowire.VarintType), uint64(kind))
	t = protowire.AppendString(protowire.AppendTag(t, 8, protowire.BytesType), name)
	for _, x := range values {
		switch kind {
		case float32Type:
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
		case int64Type:
			raw = binary.LittleEndian.AppendUint64(raw, uint64(int64(x)))
		case boolType:
			raw = append(raw, byte(x))
		}
	}
	return protowire.AppendBytes(protowire.AppendTag(t, 9, protowire.BytesType), raw)
}

// vector writes a node test and reads it again.
func vector(t *testing.T, operator string, attributes map[string]any, in []string, files map[string][]byte) (*Vector, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "test_made")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "test_data_set_0"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "model.onnx"), model(operator, in, attributes), 0o644))
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "test_data_set_0", name), data, 0o644))
	}
	return Read(dir)
}

func judge(t *testing.T, check *Check) verdict.Verdict {
	t.Helper()
	a := reference.Arithmetic{In: reference.FP32, Acc: reference.FP32, Out: reference.FP32, Exp: reference.ExpError{A: 4}, NormalizedProbs: true}
	truth, err := oracle.Truth(context.Background(), check.Case, check.Tensors, a, reference.Options{})
	require.NoError(t, err)
	check.Answer(&check.Tensors.Out)
	v, err := oracle.Judge(truth, check.Tensors)
	require.NoError(t, err)
	return v
}

// Two heads of one column each, in three dimensions; the second row alone sees the second key.
func TestAMadeVector(t *testing.T) {
	v, err := vector(t, "Attention", map[string]any{"is_causal": 1, "q_num_heads": 2, "kv_num_heads": 2}, []string{"Q", "K", "V"}, map[string][]byte{
		"input_0.pb":  tensorFile("Q", float32Type, []int{1, 2, 2}, 0, 0, 0, 0),
		"input_1.pb":  tensorFile("K", float32Type, []int{1, 2, 2}, 1, 1, 1, 1),
		"input_2.pb":  tensorFile("V", float32Type, []int{1, 2, 2}, 1, 10, 3, 30),
		"output_0.pb": tensorFile("Y", float32Type, []int{1, 2, 2}, 1, 10, 2, 20),
	})
	require.NoError(t, err)
	check, reason, err := v.Express()
	require.NoError(t, err)
	require.Empty(t, reason)
	require.Equal(t, "batch 1, heads 2, q_len 2, kv_len 2, head_dim 1, fp32, causal top-left, values q normal, k normal, v normal", cases.Describe(check.Case))
	require.Equal(t, verdict.Pass, judge(t, check).Kind)
	check.Want[3] = 21 // the second row of the second head
	require.Equal(t, verdict.Numeric, judge(t, check).Kind)
}

// Lengths per batch entry are the case's, under whose causal mask each has a diagonal of its own; a mask that is shorter than
// the keys is an array.
func TestLengthsAndAShortMask(t *testing.T) {
	v, err := vector(t, "Attention", map[string]any{"is_causal": 1}, []string{"Q", "K", "V", "M", "", "", "L"}, map[string][]byte{
		"input_0.pb":  tensorFile("Q", float32Type, []int{2, 1, 2, 1}, 0, 0, 0, 0),
		"input_1.pb":  tensorFile("K", float32Type, []int{2, 1, 3, 1}, 1, 1, 1, 1, 1, 1),
		"input_2.pb":  tensorFile("V", float32Type, []int{2, 1, 3, 1}, 1, 2, 4, 8, 16, 32),
		"input_3.pb":  tensorFile("M", boolType, []int{2}, 1, 1),
		"input_6.pb":  tensorFile("L", int64Type, []int{2}, 2, 3),
		"output_0.pb": tensorFile("Y", float32Type, []int{2, 1, 2, 1}, 1, 1.5, 12, 12),
	})
	require.NoError(t, err)
	check, reason, err := v.Express()
	require.NoError(t, err)
	require.Empty(t, reason)
	require.Equal(t, "111k", check.Case.Mask.Shape)
	require.Equal(t, cases.RandomLengths, check.Case.Lengths.KV)
	require.Equal(t, []cases.Entry{{QEnd: 2, KVEnd: 3}}, check.Tensors.EntriesIn(1))
	require.Equal(t, verdict.Pass, judge(t, check).Kind)
}

// v and the answer have three columns where q and k have one: weights 1:1.
func TestAVOfItsOwnWidth(t *testing.T) {
	v, err := vector(t, "Attention", nil, []string{"Q", "K", "V"}, map[string][]byte{
		"input_0.pb":  tensorFile("Q", float32Type, []int{1, 1, 1, 1}, 0),
		"input_1.pb":  tensorFile("K", float32Type, []int{1, 1, 2, 1}, 5, 6),
		"input_2.pb":  tensorFile("V", float32Type, []int{1, 1, 2, 3}, 1, 2, 3, 5, 6, 8),
		"output_0.pb": tensorFile("Y", float32Type, []int{1, 1, 1, 3}, 3, 4, 5.5),
	})
	require.NoError(t, err)
	check, reason, err := v.Express()
	require.NoError(t, err)
	require.Empty(t, reason)
	require.Equal(t, 3, check.Case.VHeadDim)
	require.Empty(t, check.Notes)
	require.Equal(t, verdict.Pass, judge(t, check).Kind)
	check.Want[2] = 5
	require.Equal(t, verdict.Numeric, judge(t, check).Kind)
}

func TestWhatCannotBeSaidIsNamed(t *testing.T) {
	files := map[string][]byte{
		"input_0.pb":  tensorFile("Q", float32Type, []int{1, 1, 1, 1}, 0),
		"input_1.pb":  tensorFile("K", float32Type, []int{1, 1, 1, 1}, 0),
		"input_2.pb":  tensorFile("V", float32Type, []int{1, 1, 1, 1}, 0),
		"output_0.pb": tensorFile("Y", float32Type, []int{1, 1, 1, 1}, 0),
	}
	for want, x := range map[string]struct {
		operator   string
		attributes map[string]any
	}{
		"attribute swap": {"Attention", map[string]any{"swap": 1}},
		"the model has 1 nodes, the last of them MatMul; want one Attention": {"MatMul", nil},
	} {
		v, err := vector(t, x.operator, x.attributes, []string{"Q", "K", "V"}, files)
		require.NoError(t, err)
		_, reason, err := v.Express()
		require.NoError(t, err)
		require.Equal(t, want, reason)
	}
}

func TestDamagedFilesAreErrors(t *testing.T) {
	whole := tensorFile("Q", float32Type, []int{1, 1, 1, 1}, 0)
	for name, data := range map[string][]byte{
		"cut":   whole[:len(whole)-2],
		"type":  tensorFile("Q", 99, []int{1}),
		"shape": tensorFile("Q", float32Type, []int{1, 1, 1, 2}, 0),
		"huge":  tensorFile("Q", float32Type, []int{1 << 40, 1 << 40}, 0),
	} {
		_, err := vector(t, "Attention", nil, []string{"Q", "K", "V"}, map[string][]byte{"input_0.pb": data})
		require.ErrorContains(t, err, "input_0.pb", name)
	}
	_, err := vector(t, "Attention", nil, []string{"Q", "K", "V"}, nil)
	require.ErrorContains(t, err, "no tensor Q")
	_, err = Find(t.TempDir())
	require.ErrorContains(t, err, "holds no node test")
}

// ONNX's own vectors pin semantics: which key a causal row sees, what a mask means, how heads share keys. Their answers
// came from numpy in the precision of the inputs.
func TestONNXsOwnVectors(t *testing.T) {
	dirs, err := Find(filepath.Join("..", "..", "..", "..", "shared", "onnx-attention"))
	if err != nil {
		t.Skip("ONNX's attention vectors are not at ../shared/onnx-attention from the project's root")
	}
	judged := 0
	for _, dir := range dirs {
		v, err := Read(dir)
		require.NoError(t, err)
		check, reason, err := v.Express()
		require.NoError(t, err)
		if check == nil {
			t.Logf("%s: left out: %s", v.Name, reason)
			continue
		}
		judged++
		if check.Case.Input.Size() == 4 {
			got := judge(t, check)
			require.Equal(t, verdict.Pass, got.Kind, "%s: %s", v.Name, got.Reason)
		}
	}
	t.Logf("%d of %d vectors judged", judged, len(dirs))
	require.Equal(t, len(dirs), judged, "vectors judged")
}
