// Package predicate compiles expressions over a case, such as
//
//	mask.kind in ["none", "causal"] && head_dim % 8 == 0
//
// in the language of github.com/expr-lang/expr. The names are those of the case's JSON: q_len, mask.kind, layout.q.order.
// Fields that a file may leave out have their defaults: output, intermediate ("fp32"), scale, kv_heads. Formats and
// other choices are strings. Two names are added: group, the query heads that share one kv head, and after, the number
// of cases before this one.
//
// It never runs a case, and an expression cannot call into the program or loop without end.
package predicate
