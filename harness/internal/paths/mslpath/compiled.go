package mslpath

import "attest.example/attest/harness/internal/predicate"

type condition struct {
	when predicate.Expression
	why  string
}

type compiledScratch struct {
	name    string
	bytes   predicate.Expression
	zero    bool
	content *scalar // instead of bytes: what it holds
}

type compiledPass struct {
	path        string // in the document
	kernel      predicate.Template
	when        *predicate.Expression // nil: always
	constants   []compiledConstant
	bindings    []compiledBinding
	grid        [3]*predicate.Expression // nil: 1
	inThreads   bool
	threadgroup [3]*predicate.Expression
}

type compiledConstant struct {
	path  string // in the document
	index uint32
	name  string
	scalar
}

type compiledBinding struct {
	index       uint32
	when        *predicate.Expression
	path        string // in the document
	tensor      string
	copied      *copying // nil: the tensor itself
	scratch     string
	offset      *predicate.Expression
	scalars     []scalar // one, or the members of a struct
	isStruct    bool
	threadgroup *predicate.Expression
	null        bool
}
