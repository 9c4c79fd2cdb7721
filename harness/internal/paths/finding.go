package paths

import "context"

// Finding is something that a path found out about what it runs.
type Finding struct {
	What, Found string // "layout", "BSHD"
	Notable     bool   // worth a word wherever the path is described
}

// Prober is a path that finds out about what it runs, by calls of its own.
type Prober interface {
	Findings(context.Context) []Finding
}

// FindingsOf asks a path, or answers with none.
func FindingsOf(ctx context.Context, p Path) []Finding {
	if prober, ok := p.(Prober); ok {
		return prober.Findings(ctx)
	}
	return nil
}

// PageBound is a path that reads tensors in place and only where they begin on a page. Memory for its tensors is laid
// out so, and the rest of a tensor's last page holds nothing else.
type PageBound interface{ WholePages() bool }

// WholePages asks a path, or assumes that tensors may lie anywhere.
func WholePages(p Path) bool {
	bound, ok := p.(PageBound)
	return ok && bound.WholePages()
}
