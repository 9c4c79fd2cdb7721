// Package compare holds one run against another: first whether a case that was right is now wrong, then whether a
// group of cases got slower, with statistics. It reads run directories and files in the Go benchmark format; it
// never runs anything.
//
// # Statistics
//
// Cases are grouped by shape class, precision, mask and path; a case stands for itself by the median of its
// dispatches. How a group is tested depends on what there is:
//
//   - Enough cases that both runs timed: in pairs. The ratio new/old of each case, the median of the ratios with its
//     confidence interval by benchmath, and the exact sign test, which assumes nothing about the noise.
//   - A few cases: benchmath's U test over the dispatches of each, the smallest p-value times their number. Dispatches
//     of one call are no independent runs, so this is as good as any Go benchmark run with -count, and no better.
//   - No common case: the U test over the cases' seconds for each 10^9 instructions.
//
// p-values are adjusted for the number of groups (Holm): a comparison of two equal runs raises a false alarm anywhere
// with probability alpha, not in each group. The tests tell a difference from chance, not from its causes: a machine
// that was busier during one of the runs makes a difference too. Files of attest bench are therefore compared in
// yardsticks where both have them: the time of a dispatch by that of fixed work on the same device in the same moments.
package compare
