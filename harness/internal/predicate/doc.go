// Package predicate compiles expressions over a case, such as
//
//	mask.kind in ["none", "causal"] && head_dim % 8 == 0
//
// in the language of github.com/expr-lang/expr. The names are those of the case's JSON: q_len, mask.kind, layout.q.order.
// Fields that a file may leave out have their defaults: output, intermediate ("fp32"), scale, kv_heads. Formats and
// other choices are strings. Two names are added: group, the query heads that share one kv head, and after, the number
// of cases before this one.
//
// A condition also has names for what follows from several fields: causal (the mask has a causal part), visible.end (one
// past the last key that its causal or window part leaves to any row), visible.none (a row is left none), visible.hides,
// strided.k and its like (the operand is not packed, as far as its addresses show), same_strides.k_v, same_strides.q_out,
// before.differs (the fields in which some case that runs before differs: "input" in before.differs) and
// before.more_keys (how many keys more than this case the longest of them has; below 0: fewer).
//
// It never runs a case, and an expression cannot call into the program or loop without end.
package predicate
