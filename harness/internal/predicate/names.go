package predicate

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Reads are the names that an expression reads, members with their dots, and the texts that it holds: what a case is
// asked for there.
// Zeros are the names that are compared with the number 0, each by itself.
type Reads struct{ Names, Texts, Zeros map[string]bool }

// Add takes what an expression reads. A source that is none adds nothing.
func (r *Reads) Add(source string) {
	tree, err := parser.Parse(source)
	if err != nil {
		return
	}
	if r.Names == nil {
		r.Names, r.Texts, r.Zeros = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	ast.Walk(&tree.Node, visitor(func(node *ast.Node) {
		if text, ok := (*node).(*ast.StringNode); ok {
			r.Texts[text.Value] = true
		}
		if b, ok := (*node).(*ast.BinaryNode); ok && comparisons[b.Operator] {
			for _, sides := range [][2]ast.Node{{b.Left, b.Right}, {b.Right, b.Left}} {
				if zero, ok := sides[1].(*ast.IntegerNode); ok && zero.Value == 0 && path(sides[0]) != "" {
					r.Zeros[path(sides[0])] = true
				}
			}
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

var comparisons = map[string]bool{"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

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
