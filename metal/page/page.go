// Package page holds how large pages of memory are. It maps nothing.
package page

import "os"

// Largest is the bytes of the largest page of the machines that this module is for: Apple's. It is whole pages on those with
// smaller ones.
const Largest = 16 << 10

// Whole is the bytes of a page that is one on every such machine and on this one: Largest, or this machine's where that is
// larger.
func Whole() int { return max(Largest, os.Getpagesize()) }
