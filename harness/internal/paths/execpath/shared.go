package execpath

import (
	"fmt"
	"os"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/posix"
	"attest.example/attest/metal/page"
	"attest.example/attest/metal/scratch"
)

// sharedPage is where tensors may begin in shared memory, so that a program can map each by itself.
const sharedPage = page.Largest

// sharedFD is the descriptor by which a started program finds the file.
const sharedFD = 3

// sharedFile is memory that attest and a program both map. Attest copies a case's tensors into it and the outputs out
// of it; the program copies nothing.
type sharedFile struct {
	file  *os.File
	path  string        // empty: it has no name, and is inherited
	name  *scratch.Held // nil likewise
	bytes []byte
}

// newSharedFile makes the file in memory where there is such a folder. Without a name nothing is left of it whatever
// ends us.
func newSharedFile(named bool) (*sharedFile, error) {
	dir := "/dev/shm"
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		dir = ""
	}
	file, held, err := scratch.File(dir, "exec")
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	s := &sharedFile{file: file, path: held.Path, name: held}
	if !named {
		_ = held.Remove()
		s.path, s.name = "", nil
	}
	return s, nil
}

// lay puts the tensors of a case into the file and describes where they are.
func (s *sharedFile) lay(t *cases.Tensors, p *problem) error {
	total := 0
	starts := map[string]int{}
	for _, b := range told(t) {
		starts[b.Name] = total
		total += (max(b.Bytes, 1) + sharedPage - 1) / sharedPage * sharedPage // an empty one too: nobody maps 0 bytes
	}
	if err := s.fit(total); err != nil {
		return err
	}
	for _, b := range told(t) {
		d := description{
			DType: dtype(t, b), Shape: shapeOf(b.Tensor), Strides: b.Tensor.Strides, Offset: b.Tensor.Offset,
			Elements: b.Tensor.Elements, Start: starts[b.Name],
		}
		if b.Name == "table" {
			p.Page, p.Pages = t.K.Paged()
		}
		p.Tensors[b.Name] = d
		b.Tensor.CopyUsed(s.bytes[d.Start:d.Start+b.Bytes], b.Data[:b.Bytes])
	}
	return nil
}

// take copies everything back, inputs too, so that a program that wrote where it should not is seen.
func (s *sharedFile) take(t *cases.Tensors, p *problem) {
	for _, b := range told(t) {
		b.Tensor.CopyUsed(b.Data[:b.Bytes], s.bytes[p.Tensors[b.Name].Start:])
	}
}

func (s *sharedFile) fit(total int) error {
	if total <= len(s.bytes) {
		return nil
	}
	if s.bytes != nil {
		posix.Unmap(s.bytes)
		s.bytes = nil
	}
	if err := s.file.Truncate(int64(total)); err != nil {
		return fmt.Errorf("shared memory of %d bytes: %w", total, err)
	}
	bytes, err := posix.Map(int(s.file.Fd()), total)
	if err != nil {
		return fmt.Errorf("map %d bytes of shared memory: %w", total, err)
	}
	s.bytes = bytes
	return nil
}

func (s *sharedFile) describe() *memory {
	m := &memory{Path: s.path, Bytes: len(s.bytes)}
	if s.path == "" {
		m.FD = sharedFD
	}
	return m
}

func (s *sharedFile) close() {
	if s.bytes != nil {
		posix.Unmap(s.bytes)
	}
	s.file.Close()
	if s.name != nil {
		_ = s.name.Remove()
	}
}
