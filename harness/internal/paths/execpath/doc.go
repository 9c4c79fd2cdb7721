// Package execpath is an implementation in a program of its own, in any language: exec:COMMAND starts it and speaks
// with it over its standard input and output; exec:unix:PATH and exec:tcp://127.0.0.1:PORT speak with one that runs
// already. PROTOCOL.md beside this file is the contract; clients in Python, C and Go are in examples/.
//
// Whatever the program does wrong has a verdict and words: an answer of the wrong shape or type, one that is no JSON,
// half an answer, one too many, silence, death, too much memory. The package judges no value.
package execpath
