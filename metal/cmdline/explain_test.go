package cmdline

import (
	"testing"
	"time"
)

// What is no number, duration or truth is told with what is one, and the help of the flags stays as it was.
func TestWhatAFlagTakes(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"-cases=1e9", `invalid value "1e9" for flag -cases: want an integer such as 3`},
		{"-cases=99999999999999999999", `invalid value "99999999999999999999" for flag -cases: want an integer such as 3`},
		{"-seed=-1", `invalid value "-1" for flag -seed: want an integer from 0 to 2^64-1`},
		{"-time=5", `invalid value "5" for flag -time: want a duration such as 90s or 10m`},
		{"-peak=lots", `invalid value "lots" for flag -peak: want a number such as 1.5`},
		{"-json=maybe", `invalid boolean value "maybe" for -json: want true or false`},
	} {
		f := New("test")
		cases, seed, long, peak, json := f.Int("cases", 1, ""), f.Uint64("seed", 1, ""), f.Duration("time", 0, ""), f.Float64("peak", 0, ""), f.Bool("json", false, "")
		if _, err := Parse(f, []string{test.word}); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v; want %s", test.word, err, test.want)
		}
		rest, err := Parse(f, []string{"-cases", "2", "-json", "a", "-seed=3", "-time", "5s", "-peak", "1.5"})
		if err != nil || len(rest) != 1 || *cases != 2 || *seed != 3 || *long != 5*time.Second || *peak != 1.5 || !*json {
			t.Errorf("%v, %q: %d %d %v %g %v", err, rest, *cases, *seed, *long, *peak, *json)
		}
		if _, wrapped := f.Lookup("cases").Value.(*explained); wrapped {
			t.Error("the flag's value was not put back")
		}
	}
}
