// Package mslpath puts somebody else's Metal attention kernel under test, as path msl:FILE.toml. A manifest of a page
// names the text and the kernel, how its arguments are bound and over what it is launched, each by an expression over
// the case, and which cases it supports. MANIFEST.md beside this file is the contract.
//
// It knows no kernel, and it judges no value: what the text computes is held against the reference like any path.
package mslpath
