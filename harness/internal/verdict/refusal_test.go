package verdict_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/verdict"
)

func TestReasonsThatDifferInNumbersAreOne(t *testing.T) {
	var tally verdict.Tally
	for i := range 3 {
		tally.Add(fmt.Sprintf("kv_heads %d: as many as heads, %d", i, 2*i), 1)
	}
	tally.Add("input fp16", 2)
	tally.Add("input bf16", 2)
	tally.Add("after[7]: scale -0.125, 1e-05", 1)
	tally.Add("nothing", 0)
	want := []verdict.Refusal{
		{"kv_heads N: as many as heads, N", 3}, {"input bf16", 2}, {"input fp16", 2}, {"after[N]: scale N, N", 1},
	}
	if got := tally.List(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if tally.Total() != 8 {
		t.Errorf("total %d", tally.Total())
	}
	text, err := json.Marshal(tally)
	if err != nil {
		t.Fatal(err)
	}
	var second verdict.Tally
	if err := json.Unmarshal(text, &second); err != nil || !reflect.DeepEqual(second.List(), want) {
		t.Errorf("%s is read as %v, %v", text, second.List(), err)
	}
}

func TestATallyIsBounded(t *testing.T) {
	var tally verdict.Tally
	for i := range 100_000 {
		tally.Add(fmt.Sprintf("at x%x", i), 1)
	}
	if n := len(tally.List()); n > 201 {
		t.Errorf("%d reasons", n)
	}
	if tally.Total() != 100_000 {
		t.Errorf("total %d", tally.Total())
	}
}
