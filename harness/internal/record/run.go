package record

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json/v1"
)

// Run is an open run directory. Its methods are for one goroutine at a time.
type Run struct {
	dir     string
	header  Header
	options json.RawMessage
	results *appender
	bench   *BenchWriter
	benchTo *appender
	log     *os.File
	unlock  func() error // the results file; nil: not locked

	done    map[int]bool
	summary Summary
	damage  []error

	now     func() time.Time
	began   time.Time
	earlier time.Duration // that the run had taken before it was reopened
	// takesOver means that the run is put together from others, so that the clock here means nothing.
	takesOver bool
	closed    bool
}

// Open makes a run directory, with missing parents, and starts the run. options is whatever the engine needs to go
// on with the run later; it is stored as JSON. A directory that cannot be written or already holds a run is an
// error that names it; nothing is ever overwritten.
func Open(dir string, options any, h Header) (*Run, error) {
	h.FillDefaults()
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("run directory %s: options: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	if err := refuseExisting(dir); err != nil {
		return nil, err
	}
	r := &Run{dir: dir, header: h, options: text, done: map[int]bool{}, now: time.Now}
	// The results file is made first and exclusively: of two runs that start here at once, one loses.
	if r.results, err = createAppender(r.path(ResultsFile)); err != nil {
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	if err := r.start(); err != nil {
		r.closeFiles()
		return nil, fmt.Errorf("run directory %s: %w", dir, err)
	}
	return r, nil
}

func (r *Run) start() (err error) {
	if r.unlock, err = Lock(r.results.file.Name(), "a run that is still going"); err != nil {
		return err
	}
	if err := writeOptions(r.path(OptionsFile), r.header, r.options); err != nil {
		return err
	}
	if err := os.Mkdir(r.path(FailuresDir), 0o755); err != nil {
		return err
	}
	if r.benchTo, err = createAppender(r.path(BenchFile)); err != nil {
		return err
	}
	if r.bench, err = NewBenchWriter(r.benchTo, r.header); err != nil {
		return err
	}
	return r.begin()
}

// begin is the part of starting that a new and a reopened run share.
func (r *Run) begin() (err error) {
	r.began = r.now()
	r.summary.Path, r.summary.Device, r.summary.Seed = r.header.Path, r.header.Device, r.header.Seed
	r.summary.Commit = r.header.Commit
	r.log, err = os.OpenFile(r.path(LogFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	return err
}

func (r *Run) path(name string) string { return filepath.Join(r.dir, name) }

// Dir is the run directory.
func (r *Run) Dir() string { return r.dir }

// Header returns what the run was made with.
func (r *Run) Header() Header { return r.header }

// LogWriter appends to the run's log.
func (r *Run) LogWriter() io.Writer { return r.log }

// Logger logs to the run's log as key=value text.
func (r *Run) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Finished reports whether the case with this index is recorded.
func (r *Run) Finished(index int) bool { return r.done[index] }

// Append records a finished case: one write, so that the line is there whole or not at all, whatever kills the
// process afterwards. It fills in ID, Elapsed and Impossible. An index that is recorded already is an error.
func (r *Run) Append(result Result) error {
	result.Fill(r.header.Peak)
	result.Elapsed = r.elapsed().Seconds()
	return r.add(result)
}

// TakeOver records a case that another run finished, as it is recorded there. From then on the run is as long as the
// longest of those.
func (r *Run) TakeOver(result Result) error {
	r.takesOver = true
	r.earlier = max(r.earlier, time.Duration(result.Elapsed*float64(time.Second)))
	return r.add(result)
}

func (r *Run) add(result Result) error {
	if r.closed {
		return fmt.Errorf("run directory %s: append after close", r.dir)
	}
	if result.Index < 0 || r.done[result.Index] {
		return fmt.Errorf("run directory %s: case index %d is negative or already recorded", r.dir, result.Index)
	}
	line, err := encodeLine(result)
	if err != nil {
		return fmt.Errorf("encode case %d: %w", result.Index, err)
	}
	if _, err := r.results.Write(line); err != nil {
		return fmt.Errorf("record case %d: %w", result.Index, err)
	}
	r.done[result.Index] = true
	r.summary.Add(result, r.dir)
	if err := r.bench.Add(result); err != nil {
		return fmt.Errorf("record the speed of case %d: %w", result.Index, err)
	}
	return nil
}

func (r *Run) elapsed() time.Duration {
	if r.takesOver {
		return r.earlier
	}
	return r.earlier + r.now().Sub(r.began)
}

// Summary is the run so far.
func (r *Run) Summary() Summary {
	s := r.summary
	s.Failures = append([]Failure{}, s.Failures...)
	s.Refusals, s.NotJudged = s.Refusals.Clone(), s.NotJudged.Clone()
	s.OnFibers, s.Engines = maps.Clone(s.OnFibers), maps.Clone(s.Engines)
	s.SetSeconds(r.elapsed().Seconds())
	return s
}

// Close writes junit.xml and closes the files. Further calls do nothing.
func (r *Run) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := WriteJUnit(r.dir, r.Summary())
	return errors.Join(err, r.closeFiles())
}

func (r *Run) closeFiles() error {
	var errs []error
	for _, f := range []*appender{r.results, r.benchTo} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if r.log != nil {
		errs = append(errs, r.log.Close())
	}
	if r.unlock != nil {
		errs = append(errs, r.unlock())
	}
	return errors.Join(errs...)
}
