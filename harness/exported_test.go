package harness

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// maxExported bounds what the public packages export together: constants, variables, types and functions. Methods come
// with their types.
const maxExported = 200

func TestThePublicFaceIsSmall(t *testing.T) {
	total := 0
	for _, dir := range []string{".", "../metal", "../reference"} {
		names := exported(t, dir)
		t.Logf("%s: %d exported names", dir, len(names))
		if len(names) == 0 {
			t.Errorf("%s exports nothing: is it there?", dir)
		}
		total += len(names)
	}
	t.Logf("%d together", total)
	if total >= maxExported {
		t.Errorf("the public packages export %d names; want fewer than %d", total, maxExported)
	}
}

// exported lists the names that the package in a folder exports, each documented.
func exported(t *testing.T, dir string) []string {
	t.Helper()
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	add := func(file string, name *ast.Ident, docs ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		names = append(names, name.Name)
		if !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d.Text() != "" }) {
			t.Errorf("%s: %s has no documentation", file, name.Name)
		}
	}
	for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
		file := filepath.Join(dir, name)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(file, d.Name, d.Doc)
				}
			case *ast.GenDecl:
				eachSpec(d, func(name *ast.Ident, docs ...*ast.CommentGroup) { add(file, name, docs...) })
			}
		}
	}
	return names
}

// eachSpec calls do with the types, variables and constants of a declaration, each with what documents it: a group of constants
// is documented as one.
func eachSpec(d *ast.GenDecl, do func(name *ast.Ident, docs ...*ast.CommentGroup)) {
	ofGroup := []*ast.CommentGroup{d.Doc}
	for _, spec := range d.Specs {
		if s, ok := spec.(*ast.ValueSpec); ok {
			ofGroup = append(ofGroup, s.Doc, s.Comment)
		}
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			do(s.Name, s.Doc, s.Comment, d.Doc)
		case *ast.ValueSpec:
			for _, name := range s.Names {
				do(name, ofGroup...)
			}
		}
	}
}
