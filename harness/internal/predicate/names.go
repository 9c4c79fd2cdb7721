package predicate

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Reads are the names that an expression reads, members with their dots, and the texts that it holds: what a case is
// asked for there.
type Reads struct{ Names, Texts map[string]bool }

// Add takes what an expression reads. A source that is none adds nothing.
func (r *Reads) Add(source string) {
	tree, err := parser.Parse(source)
	if err != nil {
		return
	}
	if r.Names == nil {
		r.Names, r.Texts = map[string]bool{}, map[string]bool{}
	}
	ast.Walk(&tree.Node, visitor(func(node *ast.Node) {
		if text, ok := (*node).(*ast.StringNode); ok {
			r.Texts[text.Value] = true
		}
		if name := path(*node); name != "" {
			r.Names[name] = true
		}
	}))
}

// AddTemplate takes what the expressions of a template read.
func (r *Reads) AddTemplate(t Template) {
	for _, part := range t.parts {
		if e, ok := part.(Expression); ok {
			r.Add(e.source)
		}
	}
}

type visitor func(*ast.Node)

func (v visitor) Visit(node *ast.Node) { v(node) }

// path is the dotted name of a member, "" where the node is none.
func path(node ast.Node) string {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.ChainNode:
		return path(n.Node)
	case *ast.MemberNode:
		of, ok := n.Property.(*ast.StringNode)
		if base := path(n.Node); ok && base != "" {
			return base + "." + of.Value
		}
	}
	return ""
}
