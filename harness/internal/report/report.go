package report

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"path/filepath"

	"attest.example/attest/harness/internal/rundir"
	"attest.example/attest/metal/atomicfile"
)

//go:embed page.html style.css script.js
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"number": number, "percent": percent, "style": style, "script": script, "plural": plural, "worst": worst,
}).ParseFS(files, "page.html"))

// worst is a sentence about the largest error over bound of a run.
func worst(ratio float64) string {
	if math.IsInf(ratio, 0) {
		return "the worst element was NaN or Inf and should not be, or was never written"
	}
	return "the worst passing or failing element was " + number(ratio) + " times its bound"
}

func style() template.CSS {
	text, _ := files.ReadFile("style.css") // embedded: always there
	return template.CSS(text)
}

func script() template.JS {
	text, _ := files.ReadFile("script.js")
	return template.JS(text)
}

// document is what the page shows.
type document struct {
	Title string
	Runs  []*run
}

// Write writes the page of the run directories dirs. Lines of a run that cannot be read are left out and told on the
// page; a directory that is no run is an error.
func Write(w io.Writer, dirs ...string) error {
	if len(dirs) == 0 {
		return errors.New("report: no run directory")
	}
	d := document{Title: "attest: " + filepath.Base(dirs[0])}
	if len(dirs) > 1 {
		d.Title = fmt.Sprintf("attest: %d runs", len(dirs))
	}
	for i, dir := range dirs {
		r, err := load(dir, i)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		d.Runs = append(d.Runs, r)
	}
	var b bytes.Buffer // a page appears whole or not at all
	if err := page.Execute(&b, d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Save writes report.html into a run directory, and returns its name.
func Save(dir string) (string, error) {
	file := filepath.Join(dir, rundir.ReportFile)
	return file, SaveAs(file, dir)
}

// SaveAs writes the page of several runs to a file.
func SaveAs(file string, dirs ...string) error {
	var b bytes.Buffer
	if err := Write(&b, dirs...); err != nil {
		return err // before a file is begun
	}
	return atomicfile.WriteBytes(file, b.Bytes())
}
