package main

import (
	"flag"
	"reflect"
	"slices"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/gen"
)

// resumed returns the options of the run in dir, and complains where a flag contradicts them. Only how many workers
// there are and what is printed may change.
func resumed(flags flagSet, dir string, asked campaign.Options) (campaign.Options, int) {
	o, err := campaign.ReadOptions(dir)
	if err != nil {
		return o, flags.t.complain("run: --resume: %v", err)
	}
	filters, _ := gen.FilterNames()
	status := -1
	flags.Visit(func(f *flag.Flag) {
		if status >= 0 {
			return
		}
		was, is := any(nil), any(nil)
		switch f.Name {
		case "resume", "workers", "json", "coverage":
			return
		case "out":
			status = flags.t.complain("run: --out and --resume do not go together")
			return
		case "path", "math", "schedule", "check":
			was, is = o.Path, asked.Path
		case "cases":
			was, is = o.Cases, asked.Cases
		case "time":
			was, is = o.Time, asked.Time
		case "seed":
			was, is = o.Seed, asked.Seed
		case "preset":
			was, is = o.Preset, asked.Preset
		case "relations":
			was, is = o.Relations, asked.Relations
		case "deadline":
			was, is = o.Deadline, asked.Deadline
		case "reduce":
			was, is = o.Reduce, asked.Reduce
		case "reduce-calls":
			was, is = o.ReduceCalls, asked.ReduceCalls
		case "shard":
			was, is = o.Shard, asked.Shard
		case "isolate":
			was, is = o.Isolate, asked.Isolate
		case "memory":
			was, is = o.Memory, asked.Memory
		case "known":
			was, is = orNone(o.Ledger), orNone(asked.Ledger)
		case "triggers":
			was, is = o.Triggers, asked.Triggers
		case "peel":
			was, is = o.Peel, asked.Peel
		case "exclude":
			was, is = excluded(o), excluded(asked)
		default:
			if !slices.Contains(filters, f.Name) { // nobody has said what it means here
				status = flags.t.complain("run: --%s and --resume do not go together", f.Name)
				return
			}
			was, is = o.Filter, asked.Filter
		}
		if !reflect.DeepEqual(was, is) {
			status = flags.t.complain("run: --%s: the run in %s was begun with %v, not %v; leave the flag out", f.Name, dir, was, is)
		}
	})
	return o, status
}

// excluded is all that --exclude may have said. Without known it is the filter, as it is for the flags of one.
func excluded(o campaign.Options) any {
	if !o.ExcludeKnown {
		return o.Filter
	}
	return struct {
		Known  string
		Filter gen.Filter
	}{"known", o.Filter}
}

// orNone names a file that need not be there.
func orNone(file string) string {
	if file == "" {
		return "no file"
	}
	return file
}
