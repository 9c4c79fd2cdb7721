package campaign

import (
	"time"

	"attest.example/attest/harness/internal/cases"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/evidence"
	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// take keeps a result: the line, and the case file where it failed.
func (r *runner) take(result engine.Result) error {
	begin := time.Now()
	defer func() { r.report.Writing += time.Since(begin) }()
	v := result.Verdict
	line, err := lineOf(result, r.options.Path, &r.known)
	if err != nil {
		return err
	}
	r.judged = append(r.judged, outcome{result.Index, result.Case, v.Kind, line.Known != ""})
	if v.Kind.Fails() {
		file, err := r.run.SaveFailure(result.Case, evidence.Of(v, result.On, keptBy(r.keeping(), line.Engine)))
		if err != nil {
			return err
		}
		r.log.Error("case failed", "index", result.Index, "verdict", v.Kind, "reason", v.Reason, "file", file)
		if result.Stack != "" {
			r.log.Info("what the process wrote last", "index", result.Index, "stack", result.Stack)
		}
		if line.Known == "" {
			r.failed = append(r.failed, failure{index: result.Index, c: result.Case, v: v, engine: line.Engine})
		}
	}
	if err := r.run.Append(line); err != nil {
		return err
	}
	r.report.Spent.Add(result.Spent)
	r.count(v)
	if v.Kind == verdict.Pass && v.Suspicious > 0 {
		r.log.Warn("suspicious", "index", result.Index, "reason", v.Reason, "retries", v.Retries)
	}
	r.reached(v.Kind, result.Case)
	if r.watch.Case != nil {
		s := r.run.Summary()
		r.watch.Case(s.Cases, s.Failed)
	}
	return nil
}

// lineOf is what is recorded of a result.
func lineOf(result engine.Result, path string, known *ledgerOf) (record.Result, error) {
	v := result.Verdict
	line := record.NewResult(result.Case, path, result.On, v, result.Timing, result.Wall.Seconds())
	line.Index, line.Draw, line.Refused = result.Index, result.Draw, result.Refused
	line.Laws, line.NotJudged = result.Laws, result.NotJudged
	if v.Kind.Fails() {
		line.Wrote = record.Tail(result.Stack)
	}
	var err error
	line.Known, err = known.judge(result.Case, &v, result.Further)
	return line, err
}

// reached tells of a case that was judged.
func (r *runner) reached(kind verdict.Kind, c cases.Case) {
	if r.watch.Judged != nil && kind != verdict.Unsupported {
		r.watch.Judged(c)
	}
}
