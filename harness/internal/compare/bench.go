package compare

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"attest.example/attest/harness/internal/record"
)

func (s *Side) readBench() error {
	f, err := os.Open(s.Source)
	if err != nil {
		return err
	}
	defer f.Close()
	reader := benchfmt.NewReader(f, s.Source)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			s.Damaged = append(s.Damaged, rec)
		case *benchfmt.Result:
			s.addBench(rec)
		}
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("%s: %w", s.Source, err)
	}
	return nil
}

func (s *Side) addBench(r *benchfmt.Result) {
	if s.Header.OS == "" {
		seed, _ := strconv.ParseUint(r.GetConfig("seed"), 10, 64) // other tools write no seed
		s.Header = record.Header{
			Path: r.GetConfig("path"), Device: r.GetConfig("device"), Toolchain: r.GetConfig("toolchain"),
			OS: r.GetConfig("goos"), Arch: r.GetConfig("goarch"), Commit: r.GetConfig("commit"), Seed: seed,
		}
	}
	path, name := r.GetConfig("path"), r.Name.String()
	e := s.at(key{path, name}, func() *entry {
		parts := nameParts(r.Name)
		return &entry{group: groupOfName(name, parts, path), work: workOfName(parts)}
	})
	if seconds, ok := r.Value(record.UnitDevice); ok {
		e.device = appendSeconds(e.device, seconds)
	}
	if count, ok := r.Value(record.UnitYardstick); ok {
		e.yardsticks = appendSeconds(e.yardsticks, count)
	}
	if seconds, ok := r.Value(record.UnitWall); ok {
		e.wall = appendSeconds(e.wall, seconds)
	}
}

// nameParts returns the key=value parts of a benchmark's name.
func nameParts(name benchfmt.Name) map[string]string {
	parts := map[string]string{}
	_, list := name.Parts()
	for _, part := range list {
		if k, v, ok := strings.Cut(strings.TrimPrefix(string(part), "/"), "="); ok {
			parts[k] = v
		}
	}
	return parts
}

// groupOfName is groupOf for a name that record.BenchName made; any other benchmark is a group by itself.
func groupOfName(name string, parts map[string]string, path string) Group {
	q, errQ := strconv.Atoi(parts["q"])
	kv, errKV := strconv.Atoi(parts["kv"])
	if errQ != nil || errKV != nil || parts["in"] == "" || parts["mask"] == "" {
		return Group{Shape: name, Path: path}
	}
	return Group{shapeClass(q, kv), parts["in"], maskKind(parts["mask"]), path}
}

// workOfName is record.Instructions for a name that record.BenchName made; 0 for any other.
func workOfName(parts map[string]string) float64 {
	work := 1.0
	for _, k := range []string{"B", "H", "q", "kv"} {
		n, err := strconv.ParseFloat(parts[k], 64)
		if err != nil {
			return 0
		}
		work *= n
	}
	d, err := strconv.ParseFloat(parts["D"], 64)
	if err != nil {
		return 0
	}
	return work * (2*d + 5)
}
