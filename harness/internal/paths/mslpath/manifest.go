package mslpath

import (
	"attest.example/attest/harness/internal/paths/declared"
)

// document is a manifest as it is written. Expressions are texts here; compile turns them into what can be evaluated.
type document struct {
	Name string `toml:"name"` // for people
	// Layout is contiguous (default): only cases whose operands are contiguous [batch, heads, rows, columns] are
	// supported; or strided: the bindings pass strides on.
	Layout string `toml:"layout"`
	Text   struct {
		Sources  []string          `toml:"sources"` // files, beside the manifest
		Include  []string          `toml:"include"` // folders, likewise
		Define   map[string]string `toml:"define"`
		Language string            `toml:"language"` // "3.1"
		Math     string            `toml:"math"`     // safe (default) or fast
	} `toml:"text"`
	// Let names expressions, in the order in which they stand.
	Let        []let                 `toml:"let"`
	Supports   []support             `toml:"supports"`
	Arithmetic declared.Arithmetic   `toml:"arithmetic"`
	Promises   declared.Promises     `toml:"promises"`
	LSE        struct{ Base string } `toml:"lse"` // e (default) or 2
	Scratch    []scratch             `toml:"scratch"`
	Passes     []pass                `toml:"pass"`
}

// support is a condition that every supported case meets.
type support struct {
	When text   `toml:"when"`
	Why  string `toml:"why"`
}

type let struct {
	Name  string `toml:"name"`
	Value text   `toml:"value"`
}

// scratch is memory between passes.
type scratch struct {
	Name  string `toml:"name"`
	Bytes text   `toml:"bytes"`
	Fill  string `toml:"fill"`  // nan (default): bytes that are a NaN in every format; zero
	Type  string `toml:"type"`  // instead of bytes: a buffer that holds Value, a number or a list of any length
	Value text   `toml:"value"` //
}

// pass is one dispatch.
type pass struct {
	Kernel      string     `toml:"kernel"` // a template
	When        text       `toml:"when"`
	Constants   []constant `toml:"constant"`
	Bindings    []binding  `toml:"bind"`
	Grid        []text     `toml:"grid"`        // threadgroups, in x, y and z
	Threads     []text     `toml:"threads"`     // instead of grid: threads, where edge threadgroups are smaller
	Threadgroup []text     `toml:"threadgroup"` // threads
}

// constant is a function constant.
type constant struct {
	Index *int   `toml:"index"`
	Name  string `toml:"name"` // instead of Index
	Type  string `toml:"type"`
	Value text   `toml:"value"`
}

// binding fills a slot of the argument table. One of Tensor, Type, Struct, Scratch, Threadgroup and Null names what with.
type binding struct {
	Index       *int    `toml:"index"`
	When        text    `toml:"when"`
	Tensor      string  `toml:"tensor"` // one of tensorNames
	As          string  `toml:"as"`     // format of a contiguous copy of the tensor that is bound in its place
	Order       string  `toml:"order"`  // of such a copy: BHSD (default) or BSHD; of kv and qkv see joined
	Type        string  `toml:"type"`   // of a scalar, or of each element of a list
	Value       text    `toml:"value"`
	Struct      []field `toml:"struct"`
	Scratch     string  `toml:"scratch"`
	Offset      text    `toml:"offset"`      // bytes into the tensor or scratch buffer
	Threadgroup text    `toml:"threadgroup"` // bytes of threadgroup memory
	Null        bool    `toml:"null"`
}

// field is a member of a struct in C layout.
type field struct {
	Name  string `toml:"name"` // for people
	Type  string `toml:"type"`
	Value text   `toml:"value"` // a list fills an array
	Count int    `toml:"count"` // of an array; 0: none
}

// text is an expression in a document. A number or a boolean stands for itself.
type text string

// UnmarshalText takes what is written as it is.
func (t *text) UnmarshalText(b []byte) error {
	*t = text(b)
	return nil
}
