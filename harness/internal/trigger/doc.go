// Package trigger finds out when a bug strikes: from one failing case it asks for the verdicts of about a hundred others
// and makes of all that is known an expression over the case, such as q_len != kv_len && heads >= 2.
//
// The failing case is reduced, and the reduced one is made fatter again in all that does not hide the bug: in the
// smallest case of all, with one key, a softmax is 1 whatever the score, and single changes that hide the bug look like
// conditions of it. From there each field is varied alone, on both sides of block edges, then whole groups of fields at
// once, and then whatever divides the best expressions so far. An expression is a conjunction of atoms (a field against
// a value, a remainder, one of several words, or one of two of these), chosen by minimum description length: the cost of its atoms and of every
// verdict that it does not explain. Fields, values and atoms come from the table of package cases, so that a field which
// is added there is asked about too.
//
// It never runs a case itself: the verdicts are its caller's. It knows no path and writes no file.
package trigger
