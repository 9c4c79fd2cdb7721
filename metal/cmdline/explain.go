package cmdline

import (
	"errors"
	"flag"
	"time"
)

// explain makes the flags of a set tell what is wrong, until the function that it returns is called: numbers, durations and
// truths tell what they take, where package flag only has "parse error", and a flag that is no list is refused the second
// time, where package flag forgets what it was given first.
func explain(f *flag.FlagSet) (restore func()) {
	plain := map[*flag.Flag]flag.Value{}
	f.VisitAll(func(fl *flag.Flag) {
		if _, list := fl.Value.(interface{ several() }); list {
			return
		}
		plain[fl] = fl.Value
		fl.Value = &explained{Value: fl.Value, want: wanted(fl.Value)}
	})
	return func() {
		for fl, value := range plain {
			fl.Value = value
		}
	}
}

// wanted is what a value of package flag takes; empty: it is of another kind, and tells itself.
func wanted(value flag.Value) string {
	getter, ok := value.(flag.Getter)
	if !ok {
		return ""
	}
	switch getter.Get().(type) {
	case bool:
		return "want true or false"
	case int, int64:
		return "want an integer such as 3"
	case uint, uint64:
		return "want an integer from 0 to 2^64-1"
	case float64:
		return "want a number such as 1.5"
	case time.Duration:
		return "want a duration such as 90s or 10m"
	}
	return ""
}

// explained is a value that is set once and tells what it takes.
type explained struct {
	flag.Value
	want  string // empty: the value's own error tells it
	given bool
}

// Set replaces the error where it has nothing that the command line has not.
func (e *explained) Set(text string) error {
	if err := e.Value.Set(text); err != nil {
		if e.want != "" {
			err = errors.New(e.want)
		}
		return err
	}
	if e.given {
		return errors.New("the flag is given twice; want it once")
	}
	e.given = true
	return nil
}

// IsBoolFlag lets a truth stand without a value, as package flag asks.
func (e *explained) IsBoolFlag() bool {
	b, ok := e.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
