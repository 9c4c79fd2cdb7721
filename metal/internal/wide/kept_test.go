package wide

import "testing"

// TestNothingIsKept: noinline goes where a function is called by name, and at a call, and stays where an operation is handed one.
func TestNothingIsKept(t *testing.T) {
	const text = `define internal i32 @called(i32 noundef %0) #1 {
  %2 = call i32 @"far (away)"(i32 %0) #4, !srcloc !5
  ret i32 %2
}
define linkonce_odr hidden i32 @"far (away)"(i32 noundef %0) unnamed_addr #2 comdat align 2 {
  ret i32 %0
}
define internal void @handed(ptr %0, i32 %1, i32 %2) #1 {
  %4 = tail call i32 @called(i32 %1) #3
  call void @msl_wide_together(ptr @handed, i32 7) #3
  ret void
}
attributes #1 = { convergent noinline nounwind "target-cpu"="noinline " }
attributes #2 = { convergent noinline nounwind optnone "target-features"="+64bit,+adx" }
attributes #3 = { nounwind }
attributes #4 = { noinline nounwind }
`
	const want = `define internal i32 @called(i32 noundef %0) #70001 {
  %2 = call i32 @"far (away)"(i32 %0) #70004, !srcloc !5
  ret i32 %2
}
define linkonce_odr hidden i32 @"far (away)"(i32 noundef %0) unnamed_addr #70002 comdat align 2 {
  ret i32 %0
}
define internal void @handed(ptr %0, i32 %1, i32 %2) #1 {
  %4 = tail call i32 @called(i32 %1) #3
  call void @msl_wide_together(ptr @handed, i32 7) #3
  ret void
}
attributes #1 = { convergent noinline nounwind "target-cpu"="noinline " }
attributes #2 = { convergent noinline nounwind optnone "target-features"="+64bit,+adx" }
attributes #3 = { nounwind }
attributes #4 = { noinline nounwind }
attributes #70001 = { convergent nounwind "target-cpu"="noinline " }
attributes #70002 = { convergent nounwind "target-features"="+64bit,+adx" }
attributes #70004 = { nounwind }
`
	if got := keepNothing(text); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
