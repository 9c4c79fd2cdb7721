package wide

import (
	"strings"
	"testing"
)

// TestLoopsThatAreKept: the call that keeps a loop stands behind the phis of its head, in loops with marks alone, whatever their blocks
// are called, and in the entry points that are asked for. What is read of it is what was there before.
func TestLoopsThatAreKept(t *testing.T) {
	const text = `define hidden void @msl_entry_0(ptr %0) #0 {
  call void @msl_wide_enter(i32 7)
  br label %2

2:                                                ; preds = %"a b", %1
  %3 = phi i32 [ 0, %1 ], [ %5, %"a b" ]
  %4 = phi i32 [ 1, %1 ], [ %3, %"a b" ]
  STAY
  %5 = add i32 %3, 1
  switch i32 %3, label %own [
    i32 4, label %8
    i32 5, label %out
  ]

own:                                              ; preds = %own, %2
  %6 = phi i32 [ %4, %2 ], [ %7, %own ]
  %7 = lshr i32 %6, 1
  %more = icmp ugt i32 %7, 3
  br i1 %more, label %own, label %"a b"

"a b":                                            ; preds = %own
  call void @msl_wide_turn(i32 7)
  br label %2

8:                                                ; preds = %2
  STAY
  tail call void @msl_wide_turn(i32 9)
  %again = icmp eq i32 %3, %4
  br i1 %again, label %8, label %out

out:                                              ; preds = %8, %2
  ret void
}

define hidden void @msl_entry_1(ptr %0) #0 {
  br label %2

2:                                                ; preds = %2, %1
  STAY OF THE OTHER
  call void @msl_wide_turn(i32 7)
  br label %2
}

declare void @msl_wide_turn(i32)
`
	const call = "call void @msl_wide_stay()"
	drop := func(lines string) string {
		return strings.NewReplacer("  STAY OF THE OTHER\n", "", "  STAY\n", "").Replace(lines)
	}
	for _, c := range []struct {
		entries []string
		want    string
	}{
		{[]string{"msl_entry_0"}, strings.ReplaceAll(strings.ReplaceAll(text, "  STAY OF THE OTHER\n", ""), "STAY", call)},
		{[]string{"msl_entry_1", "msl_entry_2"}, strings.ReplaceAll(strings.ReplaceAll(text, "STAY OF THE OTHER", call), "  STAY\n", "")},
		{[]string{"msl_entry_0", "msl_entry_1"}, strings.NewReplacer("STAY OF THE OTHER", call, "STAY", call).Replace(text)},
	} {
		got := KeepLoops(drop(text), c.entries)
		if got != c.want+stay {
			t.Errorf("%v:\n%s\nwant\n%s", c.entries, got, c.want+stay)
		}
		before, err := Reprint(drop(text))
		if err != nil {
			t.Fatal(err)
		}
		if after, err := Reprint(got); err != nil || after != before {
			t.Errorf("%v: %v: read again\n%s\nwant\n%s", c.entries, err, after, before)
		}
	}
}
