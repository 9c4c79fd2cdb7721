package paths

// Spender is a path that may come to compute no more in its process, as where the driver of a GPU is of no use after a kernel
// has failed there. What goes on in a new process is told by whoever has one: see package worker.
type Spender interface{ Spent() bool }

// Spent reports whether a path is spent; one that is no Spender never is.
func Spent(p Path) bool {
	spender, ok := p.(Spender)
	return ok && spender.Spent()
}
