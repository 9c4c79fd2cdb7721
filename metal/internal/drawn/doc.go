// Package drawn draws random Metal kernels of many types, each with what it means: beside the text of every expression and
// statement stands what it does with the threads of a threadgroup. So a kernel is its own judge, and shares nothing with the
// compiler or the engines that it is held against.
//
// It is about values and memory: all of Metal's numbers and their vectors, their functions and conversions, elements at
// every kind of index, private and threadgroup arrays, pointers, atomics, barriers, functions. Package referee, which reads a
// text of its own, is about which lanes meet at an operation; here the same rule holds (DIVERGENCE.md of package host), with less of it.
//
// What is drawn: all kinds of numbers and their vectors, in variables, structs, buffers, constant memory, tables, private arrays
// and threadgroup memory, packed too; indexes that step, turn back, wrap around or are held to a bound; functions of integers
// and floats; conversions and as_type; parts of vectors; branches, loops of several kinds, switches; calls; operations of
// simdgroups and quads; barriers; atomics; pointers into private arrays. What is not: matrices, textures, function constants,
// arrays of pointers.
//
// Every kernel is defined: indexes are inside, no number of a sign overflows, no two threads touch one place of which one
// writes without a barrier between, and no result depends on an order. What a NaN's bits are is looked at nowhere.
//
// It is for tests.
package drawn
