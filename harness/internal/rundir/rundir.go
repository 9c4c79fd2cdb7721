// Package rundir names what a run directory holds, for those that look into one without reading a run.
package rundir

// The names.
const (
	OptionsFile = "options.json"
	ResultsFile = "results.jsonl"
	BenchFile   = "bench.txt"
	FailuresDir = "failures"
	PicturesDir = "pictures"
	FindingsDir = "findings"
	JUnitFile   = "junit.xml"
	ReportFile  = "report.html"
	LogFile     = "log"
	EndFile     = "end.json"
)
