// Package gen draws cases, weighted to the places where attention kernels break.
//
// A preset decides what is hunted. A Stream returns case number i of a preset and a seed as a function of these three
// alone, so that a campaign has the same cases whatever the number of its workers. Case is the same distribution as
// a gopter generator, with a shrinker, for properties of your own.
//
// A draw starts from a scenario: a kind of trouble that real kernels had, or a free draw. Scenarios come in
// rounds, so that every stretch of a hundred cases holds each of them. The scenario fixes what it must; all the rest is
// drawn freely, under a bound for the cost of the case. Regions names the kinds of trouble, with the bugs that each
// stands for, and Coverage counts how often they were reached.
//
// Every case is normalized. The package never makes tensors and never runs anything.
package gen
