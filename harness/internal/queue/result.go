package queue

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/record"
)

// result is what an item came to. It travels as compressed lines: what it was made with, then for each case the line of
// results.jsonl, and behind the line of a failure its case file.
type result struct {
	made  made
	lines []line
}

type line struct {
	record.Result
	evidence *cases.Evidence // of a failure
}

// made is what an item was run with.
type made struct {
	Worker  string             `json:"worker"`
	Header  record.Header      `json:"header"`
	Isolate campaign.Isolation `json:"isolation"`
	Ended   campaign.Ended     `json:"ended,omitempty"` // why it ended early
	Seconds float64            `json:"seconds"`
}

// counts are what status adds up, without reading results.
type counts struct {
	Cases        int     `json:"cases"`
	Passed       int     `json:"passed"`
	Failed       int     `json:"failed"`
	Known        int     `json:"known,omitempty"`
	Inconclusive int     `json:"inconclusive"`
	Seconds      float64 `json:"seconds"`
	Ended        bool    `json:"ended,omitempty"` // an item of them ended early
}

func (r *result) counts() counts {
	c := counts{Cases: len(r.lines), Seconds: r.made.Seconds, Ended: r.made.Ended != ""}
	for i := range r.lines {
		switch l := &r.lines[i]; {
		case l.Kind == "pass":
			c.Passed++
		case l.Kind == "inconclusive":
			c.Inconclusive++
		case l.Kind.Fails() && l.Known != "":
			c.Known++
		case l.Kind.Fails():
			c.Failed++
		}
	}
	return c
}

func (r *result) encode() ([]byte, error) {
	slices.SortFunc(r.lines, func(a, b line) int { return cmp.Compare(a.Index, b.Index) })
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	first, err := json.Marshal(r.made)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(append(first, '\n')); err != nil {
		return nil, err
	}
	for _, l := range r.lines {
		text, err := record.EncodeLine(l.Result)
		if err != nil {
			return nil, err
		}
		if l.evidence != nil {
			kept, err := oneLine(cases.EncodeFile(l.Case, l.evidence))
			if err != nil {
				return nil, err
			}
			text = append(append(text, kept...), '\n')
		}
		if _, err := z.Write(text); err != nil {
			return nil, err
		}
	}
	err = z.Close() // before its bytes are looked at
	return out.Bytes(), err
}

func oneLine(text []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// maxLine bounds a line: a result's, and a case file's.
const maxLine = record.MaxLineBytes

// decode reads what encode wrote, of the item i, and trusts nothing.
func decode(data []byte, i item) (*result, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	lines := bufio.NewScanner(io.LimitReader(z, maxStored))
	lines.Buffer(make([]byte, 64<<10), maxLine)
	r := &result{}
	if !lines.Scan() {
		return nil, fmt.Errorf("result: %w", errors.Join(io.ErrUnexpectedEOF, lines.Err()))
	}
	if err := strict(lines.Bytes(), &r.made); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	last := i.First - 1
	for lines.Scan() {
		var l line
		if l.Result, err = record.DecodeLine(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("result: %w", err)
		}
		if l.Index <= last || l.Index >= i.End {
			return nil, fmt.Errorf("result: case number %d; want one above %d and below %d", l.Index, last, i.End)
		}
		last = l.Index
		if l.Kind.Fails() {
			if !lines.Scan() {
				return nil, fmt.Errorf("result: case number %d: no case file of its failure", l.Index)
			}
			c, e, err := cases.DecodeFile(lines.Bytes())
			if err != nil {
				return nil, fmt.Errorf("result: case number %d: %w", l.Index, err)
			}
			if name := cases.Name(c); e == nil || name != l.ID {
				return nil, fmt.Errorf("result: case number %d: the case file is of %s", l.Index, name)
			}
			l.evidence = e
		}
		r.lines = append(r.lines, l)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	if len(r.lines) < i.End-i.First && r.made.Ended == "" {
		return nil, fmt.Errorf("result: %d cases; want %d", len(r.lines), i.End-i.First)
	}
	return r, nil
}

func strict(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// differs returns the cases about which two results of one item disagree.
func (r *result) differs(o *result) map[int]string {
	list := map[int]string{}
	of := map[int]*line{}
	for i := range o.lines {
		of[o.lines[i].Index] = &o.lines[i]
	}
	for i := range r.lines {
		a := &r.lines[i]
		b := of[a.Index]
		if b == nil || record.SameEnd(&a.Result, &b.Result) {
			continue
		}
		list[a.Index] = fmt.Sprintf("the same case ended as %s on %s and as %s on %s", record.Ended(&a.Result), r.made.Worker, record.Ended(&b.Result), o.made.Worker)
	}
	return list
}
