package wide

import (
	"strings"
	"testing"
)

// TestStructsGoAsWords: the lines are those that clang 19 writes for arm64, where a position is returned as one number and
// passed as two.
func TestStructsGoAsWords(t *testing.T) {
	const position = `define hidden i128 @position(i32 %0) #1 {
  %2 = alloca %"struct.metal::vec.2", align 16
  %3 = load i128, ptr %2, align 16
  ret i128 %3
}

define hidden void @msl_entry_0(ptr %0) #3 {
  %2 = alloca %"struct.metal::vec.2", align 16
  %3 = call i128 @position(i32 1) #9
  %4 = trunc i128 %3 to i96
  store i96 %4, ptr %2, align 16
  %5 = load [2 x i64], ptr %2, align 16
  call void @kernel(ptr %0, [2 x i64] %5) #9
  %6 = call i64 @other([2 x i64] %5, i32 7) #9
  ret void
}
`
	const want = `define hidden { i32, i32, i32, i32 } @position(i32 %0) #1 {
  %2 = alloca %"struct.metal::vec.2", align 16
  %3 = load { i32, i32, i32, i32 }, ptr %2, align 16
  ret { i32, i32, i32, i32 } %3
}

define hidden void @msl_entry_0(ptr %0) #3 {
  %2 = alloca %"struct.metal::vec.2", align 16
  %3 = call { i32, i32, i32, i32 } @position(i32 1) #9
  %4 = extractvalue { i32, i32, i32, i32 } %3, 0
  store { i32, i32, i32, i32 } %3, ptr %2, align 16
  %5 = load { i32, i32, i32, i32 }, ptr %2, align 16
  call void @kernel(ptr %0, { i32, i32, i32, i32 } %5) #9
  %6 = call i64 @other({ i32, i32, i32, i32 } %5, i32 7) #9
  ret void
}
`
	const layout = "target datalayout = \"e-m:e-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32\"\n"
	for _, c := range []struct{ what, text, want string }{
		{"a position", layout + position, layout + want},
		{"an array of two numbers is no struct", layout + "  %2 = getelementptr inbounds [2 x i64], ptr %1, i64 0, i64 1\n", ""},
		{"a number of 128 bits that is computed with", layout + position + "  %9 = mul i128 %3, %3\n", ""},
		{"the same for x86", layout + "target triple = \"x86_64-pc-linux-gnu\"\n" + position, ""},
		{"nothing of the kind", layout + "  %2 = add i64 %1, 128\n", ""},
	} {
		if c.want == "" {
			c.want = c.text
		}
		if got := inWords(c.text); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
	if strings.Contains(want, "i128") {
		t.Error("the test wants too little")
	}
}
