package mslpath

import (
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"
)

// positions finds the line and column of every value of a TOML document by its path, such as pass[0].bind[2].value.
// The decoder forgets them, and what is wrong with an expression is known only once all names are.
type positions map[string]unstable.Position

func findPositions(data []byte) positions {
	p := positions{}
	parser := unstable.Parser{}
	parser.Reset(data)
	table := ""
	counts := map[string]int{} // of tables of an array, by the array's path
	for parser.NextExpression() {
		e := parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			var at unstable.Position
			table, at = header(&parser, e, counts)
			p[table] = at
		case unstable.KeyValue:
			p.value(&parser, join(table, e.Key()), e)
		}
	}
	return p
}

// header is the path that the keys below a table's header have. A name that stands for an array of tables means its
// last one; the header of such a table adds one.
func header(parser *unstable.Parser, e *unstable.Node, counts map[string]int) (path string, at unstable.Position) {
	key := e.Key()
	for more := key.Next(); more; {
		n := key.Node()
		if path == "" {
			at = parser.Shape(n.Raw).Start
		} else {
			path += "."
		}
		path += string(n.Data)
		more = key.Next()
		if !more && e.Kind == unstable.ArrayTable {
			counts[path]++
		}
		if n := counts[path]; n > 0 {
			path = fmt.Sprintf("%s[%d]", path, n-1)
		}
	}
	return path, at
}

func join(prefix string, key unstable.Iterator) string {
	for key.Next() {
		if prefix != "" {
			prefix += "."
		}
		prefix += string(key.Node().Data)
	}
	return prefix
}

// value records a key and what is below its value.
func (p positions) value(parser *unstable.Parser, path string, e *unstable.Node) {
	key := e.Key()
	if key.Next() {
		p[path] = parser.Shape(key.Node().Raw).Start
	}
	p.inside(parser, path, e.Value())
}

func (p positions) inside(parser *unstable.Parser, path string, v *unstable.Node) {
	if v.Raw.Length > 0 {
		p[path] = parser.Shape(v.Raw).Start
	}
	children := v.Children()
	switch v.Kind {
	case unstable.Array:
		for i := 0; children.Next(); i++ {
			p.inside(parser, fmt.Sprintf("%s[%d]", path, i), children.Node())
		}
	case unstable.InlineTable:
		for children.Next() {
			n := children.Node()
			p.value(parser, join(path, n.Key()), n)
		}
	}
}
