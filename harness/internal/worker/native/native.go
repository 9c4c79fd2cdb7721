// Package native is what a worker needs of C: it notes the first access to memory that it was told to watch, whoever
// else handles the signal, and lets what C code prints through at the end of each line. It decides nothing; outside
// Linux, and without cgo, it does nothing.
package native
