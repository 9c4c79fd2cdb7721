package sanitizer

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"attest.example/attest/metal/internal/device"
)

// Launch is what was launched: a log names the GPU's threads, which stand in a row, and the kernel by its entry.
type Launch struct {
	Kernel      string
	Threadgroup [3]uint32
}

var (
	prefix   = regexp.MustCompile(`^========= ?`)
	invalid  = regexp.MustCompile(`^Invalid __(\w+)__ (read|write|atomic) of size (\d+) bytes`)
	race     = regexp.MustCompile(`Race reported between (Read|Write|Atomic) access at (.*?)(?: in block .*)?$`)
	raceWith = regexp.MustCompile(`^\s+and (Read|Write|Atomic) access at (.*?)(?: \[(\d+) hazards?\])?$`)
	place    = regexp.MustCompile(`(?:^|\s)in (\S.*?):(\d+)(?::\S+)?$`)
	thread   = regexp.MustCompile(`by thread \((\d+),(\d+),(\d+)\) in block \((\d+),(\d+),(\d+)\)`)
	summary  = regexp.MustCompile(`^(?:ERROR|RACECHECK) SUMMARY:`)
)

// Parse reads a log. It is an error where the log has no summary: the tool did not look to the end.
func Parse(log string, launch Launch) ([]device.Report, error) {
	var found []device.Report
	var open *device.Report // whose lines are being read
	whole := false
	var words []string
	for line := range strings.Lines(log) {
		line = strings.TrimRight(prefix.ReplaceAllString(strings.TrimRight(line, "\r\n"), ""), " ")
		if summary.MatchString(line) {
			whole = true
		}
		if line != "" && !strings.HasPrefix(line, "COMPUTE-SANITIZER") {
			words = append(words, line)
		}
		if !strings.HasPrefix(line, " ") {
			open = nil
			if r, ok := begin(line, launch); ok {
				found = append(found, r)
				open = &found[len(found)-1]
			}
			continue
		}
		if open != nil {
			launch.add(open, line)
		}
	}
	if !whole {
		return nil, fmt.Errorf("its log has no summary: %s", strings.Join(words[:min(len(words), 3)], "; "))
	}
	return merge(found), nil
}

// begin reads the first line of a finding.
func begin(line string, launch Launch) (device.Report, bool) {
	r := device.Report{Kernel: launch.Kernel, Count: 1}
	if m := invalid.FindStringSubmatch(line); m != nil {
		r.Kind, r.Object = device.OutOfBounds, m[1]+" memory"
		switch m[1] {
		case "global":
			r.Object = "device memory"
		case "shared":
			r.Kind, r.Object = device.OutOfBoundsThreadgroup, "threadgroup memory"
		}
		r.Access.Write, r.Access.Atomic = m[2] != "read", m[2] == "atomic"
		r.Bytes, _ = strconv.Atoi(m[3])
		return r, true
	}
	if m := race.FindStringSubmatch(line); m != nil {
		r.Kind, r.Object = device.Race, "threadgroup memory"
		r.Access = access(m[1], m[2])
		return r, true
	}
	if words, ok := strings.CutPrefix(line, "Barrier error detected. "); ok {
		r.Kind, r.Detail = device.DivergentBarrier, strings.TrimSuffix(words, ".")
		return r, true
	}
	return r, false
}

// access is one side of a race: which thread it was the log does not say.
func access(verb, at string) device.Access {
	a := device.Access{Write: verb != "Read", Atomic: verb == "Atomic", Unnamed: true}
	a.File, a.Line = placeIn(at)
	return a
}

func placeIn(text string) (file string, line int) {
	if m := place.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[2])
		return m[1], line
	}
	return "", 0
}

// add reads a further line of a finding.
func (l Launch) add(r *device.Report, line string) {
	words := strings.TrimSpace(line)
	switch m := raceWith.FindStringSubmatch(line); {
	case m != nil && r.Kind == device.Race:
		other := access(m[1], m[2])
		if r.Other == nil {
			r.Other = &other
		}
		if n, err := strconv.Atoi(m[3]); err == nil {
			r.Count = n
		}
	case strings.HasPrefix(words, "at ") && r.Access.Line == 0:
		r.Access.File, r.Access.Line = placeIn(words)
	case thread.MatchString(words):
		l.thread(&r.Access, thread.FindStringSubmatch(words)[1:])
	case strings.HasSuffix(words, "is misaligned"):
		r.Kind = device.Misaligned
	case strings.HasPrefix(words, "and is "):
		r.Detail = strings.TrimPrefix(words, "and is ")
	}
}

// thread makes Metal's numbers of the GPU's: threads stand in a row there, and the lanes of a simdgroup in another order
// (ptx_runtime.h).
func (l Launch) thread(a *device.Access, numbers []string) {
	var n [6]int
	for i := range n {
		n[i], _ = strconv.Atoi(numbers[i])
	}
	h := n[0] % 32
	a.Lane = h&0x11 | h&2<<2 | h>>1&6
	a.SIMDGroup = n[0] / 32
	at := a.SIMDGroup*32 + a.Lane
	x, y := int(max(l.Threadgroup[0], 1)), int(max(l.Threadgroup[1], 1))
	a.Thread = [3]int{at % x, at / x % y, at / (x * y)}
	a.Threadgroup = [3]int{n[3], n[4], n[5]}
}

// merge makes one of the reports that say the same of the same lines: each thread has one of its own.
func merge(reports []device.Report) []device.Report {
	type side struct {
		file  string
		line  int
		write bool
	}
	type key struct {
		kind       device.ReportKind
		object     string
		one, other side
	}
	seen := map[key]int{}
	var merged []device.Report
	for _, r := range reports {
		k := key{kind: r.Kind, object: r.Object, one: side{r.Access.File, r.Access.Line, r.Access.Write}}
		if r.Other != nil {
			k.other = side{r.Other.File, r.Other.Line, r.Other.Write}
		}
		if i, ok := seen[k]; ok {
			merged[i].Count += r.Count
			continue
		}
		seen[k] = len(merged)
		merged = append(merged, r)
	}
	return merged
}
