package record

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/verdict"
	"attest.example/attest/metal/atomicfile"
)

// The subset of the JUnit schema that CI systems read.
type junitCase struct {
	XMLName   xml.Name     `xml:"testcase"`
	Class     string       `xml:"classname,attr"`
	Name      string       `xml:"name,attr"`
	Seconds   string       `xml:"time,attr"`
	Failure   *junitReason `xml:"failure"`
	Error     *junitReason `xml:"error"`
	Skipped   *junitReason `xml:"skipped"`
	SystemOut string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes junit.xml of a run directory from its results. Characters that XML cannot hold become U+FFFD.
func WriteJUnit(dir string, s Summary) error {
	return atomicfile.Write(filepath.Join(dir, JUnitFile), func(w io.Writer) error { return encodeJUnit(w, dir, s) })
}

func encodeJUnit(w io.Writer, dir string, s Summary) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	attr := func(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }
	counts := []xml.Attr{
		attr("name", "attest "+s.Path), attr("tests", strconv.Itoa(s.Cases)),
		attr("failures", strconv.Itoa(s.Failed-s.errored)), attr("errors", strconv.Itoa(s.errored)),
		attr("skipped", strconv.Itoa(s.Inconclusive+s.Known+s.Unjudged())), attr("time", fmt.Sprintf("%.6f", s.Seconds)),
	}
	suites := xml.StartElement{Name: xml.Name{Local: "testsuites"}}
	suite := xml.StartElement{Name: xml.Name{Local: "testsuite"}, Attr: counts}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := errors.Join(enc.EncodeToken(suites), enc.EncodeToken(suite)); err != nil {
		return err
	}
	for r, err := range Read(dir) {
		var damaged *LineError
		switch {
		case errors.As(err, &damaged):
			continue // told by Summarize and Reopen; the rest still counts
		case err != nil:
			return err
		}
		if err := enc.Encode(junitOf(r, dir, s.findingOf(r.ID))); err != nil {
			return err
		}
	}
	if err := errors.Join(enc.EncodeToken(suite.End()), enc.EncodeToken(suites.End()), enc.Close()); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitOf files a result under JUnit's words: an error is a case without an output to judge.
func junitOf(r Result, dir string, found *Finding) junitCase {
	c := junitCase{
		Class:   "attest." + r.Path,
		Name:    fmt.Sprintf("%d %s %s", r.Index, r.ID, cases.Describe(r.Case)),
		Seconds: fmt.Sprintf("%.6f", r.WallSeconds),
	}
	reason := &junitReason{Message: r.Reason, Type: string(r.Kind)}
	if found != nil { // so that a CI system shows one group for each finding
		c.Class += fmt.Sprintf(".finding-%d", found.Number)
		reason.Message = fmt.Sprintf("finding %d (%s): %s", found.Number, found.Summary, r.Reason)
	}
	switch {
	case r.Known != "":
		c.Skipped = &junitReason{Message: "known: " + r.Known}
		return c
	case noOutput(r.Kind):
		c.Error = reason
	case r.Kind.Fails():
		c.Failure = reason
	case skips(r) != "":
		c.Skipped = &junitReason{Message: skips(r)}
	}
	if r.Kind.Fails() {
		file := failureFile(dir, r.ID)
		reason.Text = Command("replay", r.Path, file) + "\n" + Command("reduce", r.Path, file) + "\n"
		if found != nil && found.Replay != "" {
			reason.Text = found.Replay + "\n" + reason.Text
		}
	}
	return c
}

// noOutput reports whether a case ended before there was an output to judge.
func noOutput(k verdict.Kind) bool {
	return k == verdict.Crash || k == verdict.Hang || k == verdict.Error
}
