package mslpath

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/paths"
	"attest.example/attest/harness/internal/trial"
	"attest.example/attest/harness/internal/verdict"
)

// rewritten is an example whose manifest and text have edits, each of which stands there once.
func rewritten(t *testing.T, manifest, text string, edits ...[2]string) *Path {
	t.Helper()
	from, to := filepath.Join("..", "..", "..", "..", "examples", "msl"), t.TempDir()
	var files [2]string
	for i, name := range []string{manifest, text} {
		content, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		files[i] = string(content)
	}
	for _, edit := range edits {
		require.Equal(t, 1, strings.Count(files[0]+files[1], edit[0]), edit[0])
		files[0], files[1] = strings.Replace(files[0], edit[0], edit[1], 1), strings.Replace(files[1], edit[0], edit[1], 1)
	}
	for i, name := range []string{manifest, text} {
		require.NoError(t, os.WriteFile(filepath.Join(to, name), []byte(files[i]), 0o644))
	}
	p, err := Open(filepath.Join(to, manifest))
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// verdicts are those of a path on cases that it must take.
func verdicts(t *testing.T, p *Path, texts []string) (list []verdict.Verdict) {
	t.Helper()
	for _, text := range texts {
		c, err := cases.Decode([]byte(`{"version":1,` + text + `}`))
		require.NoError(t, err, text)
		require.NoError(t, paths.Supports(p, c), text)
		o, err := trial.Run(context.Background(), p, c, trial.Options{Relations: -1})
		require.NoError(t, err)
		list = append(list, o.Verdict)
	}
	return list
}

func allPass(t *testing.T, p *Path, texts []string) {
	t.Helper()
	for i, v := range verdicts(t, p, texts) {
		require.Equal(t, verdict.Pass, v.Kind, "%s: %s", texts[i], v.Reason)
	}
}

// found is how many of the cases a path fails.
func found(t *testing.T, p *Path, texts []string) (n int) {
	t.Helper()
	for _, v := range verdicts(t, p, texts) {
		if v.Kind.Fails() {
			n++
		}
	}
	return n
}

var pagedCases = []string{
	`"batch":2,"heads":4,"kv_heads":2,"q_len":3,"kv_len":37,"head_dim":40,"input":"fp32","lse":true,"paging":{"page":8,"order":"shuffled"}`,
	`"batch":3,"heads":2,"q_len":5,"kv_len":21,"head_dim":16,"input":"fp16","paging":{"page":4,"order":"reversed","shared":2},"mask":{"kind":"causal","align":"bottom-right"}`,
	`"batch":1,"heads":3,"q_len":2,"kv_len":7,"head_dim":8,"input":"bf16","paging":{"page":16},"layout":{"k":{"order":"BSHD","pad":3},"v":{"offset":5}},"sinks":"among"`,
	`"batch":2,"heads":4,"kv_heads":1,"q_len":1,"kv_len":64,"head_dim":32,"input":"fp32","lse":true,"paging":{"page":1,"order":"shuffled"},"sinks":"some"`,
	`"batch":2,"heads":1,"q_len":2,"kv_len":0,"head_dim":8,"input":"fp32","paging":{"page":2}`,
}

// TestPagesAreBound: k and v in pages with their table, as they lie and as one memory for both, and sinks. Who reads the
// table, the last page, the part of v or the sinks wrongly is found.
func TestPagesAreBound(t *testing.T) {
	allPass(t, example(t, "paged.toml"), pagedCases)
	allPass(t, example(t, "paged_kv.toml"), pagedCases)
	if testing.Short() {
		return // each planted fault is a kernel to compile: make test runs them
	}
	for _, fault := range []struct {
		what, manifest string
		edit           [2]string
	}{
		{"pages in their order", "paged.toml", [2]string{"k + table[number] * p.k.batch", "k + number * p.k.batch"}},
		{"another entry's pages", "paged.toml", [2]string{"table += batch * p.pages_each;", "table += 0;"}},
		{"slack of the last page", "paged.toml", [2]string{"min(p.page, p.kv_len - first)", "p.page"}},
		{"the first head's sink", "paged.toml", [2]string{"sinks[head]", "sinks[0]"}},
		{"k for v", "paged_kv.toml", [2]string{`offset = "part * size.input"`, `offset = "0"`}},
		{"spare pages", "paged_kv.toml", [2]string{"v + table[number] * p.v.batch", "v + (table[number] + 1) * p.v.batch"}},
		{"pages of k alone", "paged_kv.toml", [2]string{`name = "k", type = "ulong", value = "[2 * part`, `name = "k", type = "ulong", value = "[part`}},
	} {
		require.NotZero(t, found(t, rewritten(t, fault.manifest, "paged.metal", fault.edit), pagedCases), fault.what)
	}
}

// TestSlopesAndRangesAreBound in the slot that sinks have in the example, to a kernel that reads them as such.
func TestSlopesAndRangesAreBound(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	const slot, constant = `tensor = "sinks", when = 'sinks != ""'`, `value = 'sinks != ""'`
	const score, causal, sink = "p.scale * simd_sum(dot)", "if (is_causal && int(first + r) > int(row) + p.diagonal) break;", "if (has_sinks) sink = sinks[head];"
	slopes := func(head string) *Path {
		return rewritten(t, "paged.toml", "paged.metal", [2]string{slot, `tensor = "slopes"`}, [2]string{constant, `value = 'alibi != ""'`}, [2]string{sink, ""},
			[2]string{score, score + " - (has_sinks ? sinks[" + head + "] * abs(float(int(row) + p.diagonal - int(first + r))) : 0)"})
	}
	biased := []string{
		`"batch":2,"heads":3,"q_len":4,"kv_len":11,"head_dim":16,"input":"fp32","paging":{"page":4},"alibi":"random"`,
		`"batch":1,"heads":4,"q_len":3,"kv_len":9,"head_dim":8,"input":"fp16","paging":{"page":2},"alibi":"standard","mask":{"kind":"causal","align":"bottom-right"}`,
	}
	allPass(t, slopes("head"), biased)
	require.NotZero(t, found(t, slopes("0"), biased))

	ranges := func(last string) *Path {
		return rewritten(t, "paged.toml", "paged.metal", [2]string{slot, `tensor = "ranges"`}, [2]string{constant, `value = 'lengths.q != "" || lengths.kv != ""'`}, [2]string{sink, ""},
			[2]string{"const device float* sinks", "const device int* sinks"}, [2]string{`mask.kind in ["none", "causal"]`, `mask.kind == "none"`},
			[2]string{causal, `if (has_sinks) {
        const device int* e = sinks + 4 * batch;
        if (int(row) < e[0] || int(row) >= e[1] || int(first + r) < e[2] || int(first + r) >= ` + last + `) continue;
      }`})
	}
	lengths := []string{
		`"batch":4,"heads":2,"q_len":4,"kv_len":11,"head_dim":16,"input":"fp32","paging":{"page":4},"lengths":{"kv":"random"}`,
		`"batch":4,"heads":2,"q_len":6,"kv_len":9,"head_dim":8,"input":"fp32","paging":{"page":2},"lengths":{"q":"random","kv":"empty","side":"left"}`,
	}
	allPass(t, ranges("e[3]"), lengths)
	require.NotZero(t, found(t, ranges("e[3] - 1"), lengths))
	c, err := cases.Decode([]byte(`{"version":1,"batch":2,"heads":2,"q_len":4,"kv_len":11,"head_dim":16,"input":"fp32","paging":{"page":4},"lengths":{"packed":3}}`))
	require.NoError(t, err)
	require.ErrorContains(t, paths.Supports(ranges("e[3]"), c), "lengths") // a kernel must know how many entries a batch has
}

// TestPagesAreCopiedIntoOnePiece where a manifest copies k and v and binds no table.
func TestPagesAreCopiedIntoOnePiece(t *testing.T) {
	const plain = `[stride.k.batch, stride.k.head, stride.k.row]`
	piece := rewritten(t, "vector.toml", "vector.metal", [2]string{`tensor = "k"`, `tensor = "k", order = "BSHD"`},
		[2]string{plain, "[kv_len * kv_heads * head_dim, head_dim, kv_heads * head_dim]"},
		[2]string{`tensor = "v"`, `tensor = "v", order = "BHSD"`}, [2]string{strings.ReplaceAll(plain, ".k.", ".v."), "[kv_heads * kv_len * head_dim, kv_len * head_dim, head_dim]"},
		[2]string{"batch >= 0 && q_len", "paging.page >= 0 && batch >= 0 && q_len"})
	texts := []string{
		`"batch":2,"heads":4,"kv_heads":2,"q_len":3,"kv_len":37,"head_dim":32,"input":"fp32","paging":{"page":8,"order":"shuffled"}`,
		`"batch":2,"heads":2,"q_len":3,"kv_len":9,"head_dim":16,"input":"bf16","paging":{"page":2,"shared":1}`,
		`"batch":2,"heads":2,"q_len":3,"kv_len":9,"head_dim":16,"input":"bf16","layout":{"k":{"pad":3}}`,
	}
	allPass(t, piece, texts)
	c, err := cases.Decode([]byte(`{"version":1,` + texts[0] + `}`))
	require.NoError(t, err)
	where := rewritten(t, "vector.toml", "vector.metal", [2]string{"batch >= 0 && q_len", "paging.page >= 0 && batch >= 0 && q_len"})
	require.ErrorContains(t, paths.Supports(where, c), "binds no table of pages")
	require.ErrorContains(t, paths.Supports(example(t, "vector.toml"), c), "not read through a table of pages")
}

// TestOneProjection: q, k and v in one memory, of as many heads and of fewer.
func TestOneProjection(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	edits := func(order, q, k, v, strides string) [][2]string {
		list := [][2]string{{"batch >= 0 && q_len", "head_dim > 0 && q_len"}}
		for name, offset := range map[string]string{"q": q, "k": k, "v": v} {
			list = append(list, [2]string{`tensor = "` + name + `"`, `tensor = "qkv", order = "` + order + `", offset = "(` + offset + `) * size.input"`},
				[2]string{"[stride." + name + ".batch, stride." + name + ".head, stride." + name + ".row]", strides})
		}
		return list
	}
	grouped := rewritten(t, "vector.toml", "vector.metal", edits("BS3HD", "0", "heads * head_dim", "(heads + kv_heads) * head_dim",
		"[q_len * (heads + 2 * kv_heads) * head_dim, head_dim, (heads + 2 * kv_heads) * head_dim]")...)
	fewer := `"batch":2,"heads":4,"kv_heads":2,"q_len":9,"kv_len":9,"head_dim":32,"input":"fp32","layout":{"k":{"pad":3}}`
	same := `"batch":2,"heads":3,"q_len":5,"kv_len":5,"head_dim":16,"input":"bf16","mask":{"kind":"causal"}`
	allPass(t, grouped, []string{fewer, same})
	first := rewritten(t, "vector.toml", "vector.metal", edits("3BHSD", "0", "batch * heads * q_len * head_dim", "2 * batch * heads * q_len * head_dim",
		"[heads * q_len * head_dim, q_len * head_dim, head_dim]")...)
	allPass(t, first, []string{same})
	for text, words := range map[string]string{
		fewer: "kv_heads is not heads",
		`"batch":1,"heads":1,"q_len":5,"kv_len":6,"head_dim":16,"input":"fp32"`: "kv_len is not q_len",
	} {
		c, err := cases.Decode([]byte(`{"version":1,` + text + `}`))
		require.NoError(t, err)
		require.ErrorContains(t, paths.Supports(first, c), words)
	}
	wrong := rewritten(t, "vector.toml", "vector.metal", edits("BS3HD", "0", "heads * head_dim", "heads * head_dim",
		"[q_len * (heads + 2 * kv_heads) * head_dim, head_dim, (heads + 2 * kv_heads) * head_dim]")...)
	require.Equal(t, 2, found(t, wrong, []string{fewer, same}), "k for v")
}

// permutations are all orders of letters.
func permutations(letters string) (all []string) {
	if letters == "" {
		return []string{""}
	}
	for i := range letters {
		for _, rest := range permutations(letters[:i] + letters[i+1:]) {
			all = append(all, letters[i:i+1]+rest)
		}
	}
	return all
}

func eachElementOnce(t *testing.T, tensor, order string, shapes [][4]int) {
	t.Helper()
	parts, elements := (&copying{order: order}).layouts(tensor, shapes)
	taken := make([]int, elements)
	for i, shape := range shapes[:len(parts)] {
		for n := range shape[0] * shape[1] * shape[2] * shape[3] {
			taken[parts[i].Index(n/shape[3]/shape[2]/shape[1], n/shape[3]/shape[2]%shape[1], n/shape[3]%shape[2], n%shape[3])]++
		}
	}
	for at, n := range taken {
		require.Equal(t, 1, n, "%s %v: element %d", order, shapes, at)
	}
}

// TestJoinedTensorsShareNoElement: in every order each element of each part has a place of its own, and no place is left over.
func TestJoinedTensorsShareNoElement(t *testing.T) {
	for tensor, shapes := range map[string][][4]int{
		"kv": {{2, 3, 4, 5}, {2, 3, 4, 5}}, "qkv": {{2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},
	} {
		orders := permutations("BHSD" + axis(tensor))
		require.Len(t, orders, 120)
		for _, order := range orders {
			require.True(t, isJoinedOrder(tensor, order), order)
			eachElementOnce(t, tensor, order, shapes)
			if strings.Contains(order, "3H") { // the parts may have other numbers of heads
				eachElementOnce(t, tensor, order, [][4]int{{2, 6, 4, 5}, {2, 2, 4, 5}, {2, 2, 4, 5}})
			}
		}
	}
	require.False(t, isJoinedOrder("kv", "BS3HD"))
	require.False(t, isJoinedOrder("kv", "BSHD"))
	require.False(t, isJoinedOrder("qkv", "BS3HHD"))
}
