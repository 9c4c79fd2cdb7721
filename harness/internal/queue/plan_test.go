package queue

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// What comes over the wire is checked as files are: nothing of it is believed, and nothing of it is opened.
func TestPlansFromTheWireAreChecked(t *testing.T) {
	good, err := NewPlan("good", []PlannedRun{{"naive", ""}, {"host", "math=fast,safe&schedule=random"}}, 32, []string{"m3"}, "", small(100))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readPlan(text); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"name":"good"`, `"name":"../good"`, "small letters"},
		{`"path":"naive"`, `"path":"exec:rm -rf /"`, "want a name"},
		{`"path":"naive"`, `"path":"lib:/tmp/x.so"`, "want a name"},
		{`"path":"naive"`, `"path":"naive","command":"sh"`, "unknown field"},
		{`math=fast,safe`, `math=fast&cache=x`, "want math="},
		{`math=fast,safe`, `math=quick`, "want safe"},
		{`"item_cases":32`, `"item_cases":33`, "multiple of 16"},
		{`"item_cases":32`, `"item_cases":1073741824`, "multiple of 16"},
		{`"need":["m3"]`, `"need":["a b"]`, "tag"},
		{`"path":""`, `"path":"exec:sh"`, "want none"},
		{`"cases":100`, `"cases":-1`, "above 0"},
		{`"cases":100`, `"cases":100000000000000`, "at most"},
		{`"deadline_ns":60000000000`, `"deadline_ns":6000000000000000`, "at most"},
		{`"preset":"quick"`, `"preset":"quick","ledger":"/etc/passwd"`, "want none"},
	} {
		bad := strings.Replace(string(text), c.old, c.new, 1)
		if bad == string(text) {
			t.Fatalf("%s is not in %s", c.old, text)
		}
		if _, err := readPlan([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.new, err, c.want)
		}
	}
}

func TestItemsFromTheWireAreChecked(t *testing.T) {
	batch := campaign.Piece{First: 64, End: 164}
	n := 0
	for i := range items(3, batch, 32) {
		if err := i.within(batch, 32); err != nil {
			t.Error(err)
		}
		n += i.End - i.First
	}
	if n != 100 {
		t.Errorf("%d cases in the items of 100", n)
	}
	for _, i := range []item{{casesItem, 3, 0, 32}, {casesItem, 3, 65, 97}, {casesItem, 3, 64, 128}, {casesItem, 3, 160, 192}, {casesItem, 3, 96, 96}, {casesItem, 3, 96, 64}} {
		if i.within(batch, 32) == nil {
			t.Errorf("%+v is an item of %+v", i, batch)
		}
	}
	for _, text := range []string{`{}`, `{"kind":"shell","batch":0}`, `{"kind":"step","batch":-1}`, `{"kind":"step","batch":0,"run":"sh"}`, `x`} {
		if i, err := readItem([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, i)
		}
	}
}

// results of a true item, and what becomes of them when somebody changes a byte.
func TestResultsFromTheWireAreChecked(t *testing.T) {
	o := small(32)
	o.Path = additive
	crew, err := campaign.NewCrew(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer crew.Close()
	r := &result{made: made{Worker: "w", Header: crew.Header()}}
	if _, err := crew.Run(context.Background(), campaign.Piece{First: 16, End: 32}, func(l record.Result, e *cases.Evidence) error {
		r.lines = append(r.lines, line{l, e})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	data, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	i := item{casesItem, 0, 16, 32}
	second, err := decode(data, i)
	if err != nil {
		t.Fatal(err)
	}
	if second.counts() != r.counts() || second.counts().Failed == 0 || second.counts().Cases != 16 {
		t.Errorf("%+v, then %+v", r.counts(), second.counts())
	}
	if d := r.differs(second); len(d) != 0 {
		t.Error(d)
	}
	second.lines[3].Kind = "inconclusive"
	if d := r.differs(second); len(d) != 1 || d[second.lines[3].Index] == "" {
		t.Error(d)
	}
	if _, err := decode(data, item{casesItem, 0, 0, 16}); err == nil {
		t.Error("the results of another item are taken")
	}
	if _, err := decode(data[:len(data)/2], i); err == nil {
		t.Error("half of the results is taken")
	}
	plain := unzipped(t, data)
	for _, c := range []struct{ old, new string }{
		{`"verdict":"pass"`, `"verdict":"hang"`}, {`"worker":"w"`, `"worker":"w","run":"sh"`}, {`"index":17`, `"index":19`}, {`"q_len":`, `"q_len":-`},
	} {
		bad := strings.Replace(plain, c.old, c.new, 1)
		if bad == plain {
			t.Fatalf("%s is not in the results", c.old)
		}
		if _, err := decode(zipped(t, bad), i); err == nil {
			t.Errorf("%s in place of %s is taken", c.new, c.old)
		}
	}
	lines := strings.SplitAfter(plain, "\n")
	if _, err := decode(zipped(t, strings.Join(lines[:len(lines)-2], "")), i); err == nil {
		t.Error("results without the last case are taken")
	}
}

func unzipped(t *testing.T, data []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnotherVersionIsRefused(t *testing.T) {
	plan := Identity{protocol, "v1", "abc", "111111111111"}
	for _, c := range []struct {
		is   Identity
		want string
	}{
		{plan, ""},
		{Identity{protocol, "v1", "abc", "222222222222"}, ""}, // the same commit on another system
		{Identity{protocol, "v1", "abd", "222222222222"}, "of commit abc"},
		{Identity{protocol + 1, "v1", "abc", "111111111111"}, "protocol"},
		{Identity{protocol, "v1", "", "222222222222"}, "of commit abc"},
		{Identity{protocol, "devel", "", "111111111111"}, ""}, // the same file, whatever its version is called
	} {
		switch err := c.is.Agrees(plan); {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c.is, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v; want %s", c.is, err, c.want)
		}
	}
	dirty := Identity{protocol, "devel", "abc+dirty", "111111111111"}
	if err := (Identity{protocol, "devel", "abc+dirty", "222222222222"}).Agrees(dirty); err == nil {
		t.Error("two trees with changes of their own are taken for one")
	}
}
