package wide_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"attest.example/attest/metal/internal/wide"
)

const declarations = `
declare i32 @msl_wide_lane()
declare ptr @msl_wide_self()
declare void @msl_wide_enter(i32)
declare void @msl_wide_turn(i32)
declare void @msl_wide_leave(i32)
declare float @msl_wide_sum_f32(float)
`

// TestFindings holds the analysis to small kernels of which it was worked out by hand what differs between lanes.
func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name, text            string
		differ, masked, kept  string
		turns, straight, fail string
	}{
		{
			name: "a branch that all lanes take alike stays a branch",
			text: `
  %n = load i32, ptr %0
  %l = call i32 @msl_wide_lane()
  %c = icmp ugt i32 %n, 3
  br i1 %c, label %yes, label %end
yes:
  %x = add i32 %l, %n
  br label %end
end:
  %p = phi i32 [ %x, %yes ], [ 0, %1 ]
  ret void`,
			differ: "%l %p %x", straight: "%l:1 %x:1",
		},
		{
			name: "lanes part at a branch and are together at its end; what they bring differs, though each side has one value",
			text: `
  %l = call i32 @msl_wide_lane()
  %c = icmp ugt i32 %l, 3
  br i1 %c, label %yes, label %no
yes:
  br label %end
no:
  br label %end
end:
  %p = phi i32 [ 1, %yes ], [ 2, %no ]
  %q = phi i32 [ 5, %yes ], [ 5, %no ]
  ret void`,
			differ: "%c %l %p", masked: "no yes", straight: "%l:1",
		},
		{
			name: "a loop that lanes leave in different turns: the counter is one for all inside, and each lane's own behind",
			text: `
  %l = call i32 @msl_wide_lane()
  br label %head
head:
  %i = phi i32 [ 0, %1 ], [ %next, %head ]
  %next = add i32 %i, 1
  %c = icmp ult i32 %next, %l
  br i1 %c, label %head, label %out
out:
  %after = add i32 %next, 7
  ret void`,
			differ: "%after %c %l", masked: "head", kept: "%next", turns: "head", straight: "%l:1",
		},
		{
			name: "a loop of as many turns for all lanes keeps its branch, and a pointer that it moves stays straight",
			text: `
  %l = call i32 @msl_wide_lane()
  %l64 = zext i32 %l to i64
  %b = load ptr, ptr %0
  %n = load i32, ptr %b
  %start = getelementptr float, ptr %b, i64 %l64
  br label %head
head:
  %i = phi i32 [ 0, %1 ], [ %next, %head ]
  %p = phi ptr [ %start, %1 ], [ %q, %head ]
  %x = load float, ptr %p
  %q = getelementptr float, ptr %p, i64 32
  %next = add i32 %i, 1
  %c = icmp ult i32 %next, %n
  br i1 %c, label %head, label %out
out:
  ret void`,
			differ: "%l %l64 %p %q %start %x", turns: "head", straight: "%l64:1 %l:1 %p:4 %q:4 %start:4",
		},
		{
			name: "an operation on the way out of a loop belongs to the turn in which the lane leaves",
			text: `
  %l = call i32 @msl_wide_lane()
  call void @msl_wide_enter(i32 7)
  br label %head
head:
  %i = phi i32 [ 0, %1 ], [ %next, %latch ]
  %c = icmp ult i32 %i, %l
  br i1 %c, label %latch, label %way
latch:
  %next = add i32 %i, 1
  call void @msl_wide_turn(i32 7)
  br label %head
way:
  %s = call float @msl_wide_sum_f32(float 1.0)
  call void @msl_wide_leave(i32 7)
  %after = fadd float %s, 1.0
  ret void`,
			differ: "%after %c %l", masked: "head latch way", kept: "%s", turns: "head,latch,way", straight: "%l:1",
		},
		{
			name: "without an operation there the way out is behind the loop",
			text: `
  %l = call i32 @msl_wide_lane()
  call void @msl_wide_enter(i32 7)
  br label %head
head:
  %i = phi i32 [ 0, %1 ], [ %next, %latch ]
  %c = icmp ult i32 %i, %l
  br i1 %c, label %latch, label %way
latch:
  %next = add i32 %i, 1
  call void @msl_wide_turn(i32 7)
  br label %head
way:
  call void @msl_wide_leave(i32 7)
  ret void`,
			differ: "%c %l", masked: "head latch", turns: "head,latch", straight: "%l:1",
		},
		{
			name: "an operation on the way out that lanes come to past the loop, too: of which turn they are, nobody can tell",
			text: `
  %l = call i32 @msl_wide_lane()
  %c0 = icmp ult i32 %l, 3
  call void @msl_wide_enter(i32 7)
  br i1 %c0, label %head, label %way
head:
  %i = phi i32 [ 0, %1 ], [ %next, %latch ]
  %c = icmp ult i32 %i, %l
  br i1 %c, label %latch, label %way
latch:
  %next = add i32 %i, 1
  call void @msl_wide_turn(i32 7)
  br label %head
way:
  %s = call float @msl_wide_sum_f32(float 1.0)
  call void @msl_wide_leave(i32 7)
  ret void`,
			fail: "lanes of different turns of a loop",
		},
		{
			name: "two loops of the code that the text has as one are one",
			text: `
  %l = call i32 @msl_wide_lane()
  call void @msl_wide_enter(i32 7)
  br label %outer
outer:
  br label %inner
inner:
  %s = call float @msl_wide_sum_f32(float 1.0)
  call void @msl_wide_turn(i32 7)
  %a = icmp ult i32 %l, 5
  br i1 %a, label %inner, label %more
more:
  %b = icmp ult i32 %l, 9
  br i1 %b, label %outer, label %end
end:
  call void @msl_wide_leave(i32 7)
  ret void`,
			differ: "%a %b %l", masked: "inner more outer", turns: "inner,more,outer", straight: "%l:1",
		},
		{
			name: "32 bits that may wrap between two lanes are straight only under a guard, and a product with what is not known has no known step",
			text: `
  %l = call i32 @msl_wide_lane()
  %b = load ptr, ptr %0
  %n = load i32, ptr %b
  %s = add i32 %n, %l
  %z = zext i32 %s to i64
  %p = getelementptr i16, ptr %b, i64 %z
  %m = mul i32 %l, %n
  %odd = and i32 %l, 5
  ret void`,
			differ: "%l %m %odd %p %s %z", straight: "%l:1 %p:2 %s:1 %z:1",
		},
		{
			name: "a straight value that some lanes only move on is straight no more",
			text: `
  %l = call i32 @msl_wide_lane()
  %c = icmp ugt i32 %l, 3
  %a = add i32 %l, 1
  br i1 %c, label %yes, label %end
yes:
  %b = add i32 %a, 1
  br label %end
end:
  %p = phi i32 [ %b, %yes ], [ %a, %1 ]
  ret void`,
			differ: "%a %b %c %l %p", masked: "yes", straight: "%a:1 %b:1 %l:1",
		},
		{
			name: "where lanes that parted come to a branch that they take alike, what the way brings is for all of them",
			text: `
  %l = call i32 @msl_wide_lane()
  %l64 = zext i32 %l to i64
  %b = load ptr, ptr %0
  %n = load i32, ptr %b
  %c = icmp ugt i32 %l, 3
  br i1 %c, label %some, label %end
some:
  %near = getelementptr float, ptr %b, i64 %l64
  %u = icmp ugt i32 %n, 3
  br i1 %u, label %yes, label %join
yes:
  %far = getelementptr float, ptr %near, i64 100
  %double = getelementptr float, ptr %near, i64 %l64
  br label %join
join:
  %one = phi i32 [ 1, %yes ], [ 2, %some ]
  %p = phi ptr [ %far, %yes ], [ %near, %some ]
  %either = phi ptr [ %double, %yes ], [ %near, %some ]
  %x = load float, ptr %p
  br label %end
end:
  %not = phi i32 [ %one, %join ], [ %n, %1 ]
  ret void`,
			differ: "%c %double %either %far %l %l64 %near %not %p %x", masked: "join some yes", straight: "%double:8 %far:4 %l64:1 %l:1 %near:4 %p:4",
		},
		{
			name: "lanes that leave a loop in different turns may have taken a branch differently that they take alike in each turn",
			text: `
  %l = call i32 @msl_wide_lane()
  %n = load i32, ptr %0
  br label %head
head:
  %i = phi i32 [ 0, %1 ], [ %next, %latch ]
  %late = icmp ult i32 %i, %l
  br i1 %late, label %latch, label %here
here:
  %u = icmp ugt i32 %i, %n
  br i1 %u, label %high, label %low
high:
  %h = icmp ugt i32 %i, 5
  br i1 %h, label %out, label %latch
low:
  %w = icmp ugt i32 %i, 2
  br i1 %w, label %out, label %latch
latch:
  %next = add i32 %i, 1
  br label %head
out:
  %p = phi i32 [ 1, %high ], [ 2, %low ]
  ret void`,
			differ: "%l %late %p", masked: "head here high latch low", turns: "head,here,high,latch,low", straight: "%l:1",
		},
		{
			name: "a value that is frozen is as straight as before",
			text: `
  %l = call i32 @msl_wide_lane()
  %f = freeze i32 %l
  %z = zext i32 %f to i64
  %b = load ptr, ptr %0
  %p = getelementptr float, ptr %b, i64 %z
  ret void`,
			differ: "%f %l %p %z", straight: "%f:1 %l:1 %p:4 %z:1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := declarations + "define void @msl_entry_0(ptr %0) {" + c.text + "\n}\n"
			differ, masked, kept, turns, straight, err := wide.Findings(text)
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Fatalf("%v, want it refused: %s", err, c.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var lines, rises []string
			for _, turn := range turns {
				lines = append(lines, strings.Join(turn, ","))
			}
			for name, each := range straight {
				rises = append(rises, fmt.Sprintf("%s:%d", name, each))
			}
			slices.Sort(rises)
			for _, f := range [][3]string{{"differ", strings.Join(differ, " "), c.differ}, {"masked", strings.Join(masked, " "), c.masked},
				{"kept", strings.Join(kept, " "), c.kept}, {"turns", strings.Join(lines, " "), c.turns}, {"straight", strings.Join(rises, " "), c.straight}} {
				if f[1] != f[2] {
					t.Errorf("%s: %s\nwant %s", f[0], f[1], f[2])
				}
			}
			r, err := wide.Widen(text, false)
			if err != nil || r.Kernels[0].Refused != "" {
				t.Errorf("not widened: %v %+v", err, r)
			}
		})
	}
}
