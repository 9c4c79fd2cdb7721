// Package diagnose says, from the pattern of wrong elements, what a kernel seems to have done: which elements are wrong,
// and what the wrong numbers are. For the second it asks the reference what attention with one thing changed would be
// (another scale, a key block left out, the mask ignored, another head), looks for the numbers elsewhere in the right
// output, and tries factors, offsets and roundings.
//
// An explanation is as sure as the wrong elements are many and sharp: each that agrees counts as many bits as its
// tolerance is smaller than the spread of the output, and what was tried is taken off again. A reduced case is small, so
// that explanations of it are often no more than possible. The package never runs a path and changes no verdict.
package diagnose
