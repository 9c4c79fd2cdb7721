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
// past the last key that its causal or window part leaves to any row), visible.begin (the largest first key of a row),
// visible.skips (the same, of the keys of the row's own batch entry: how many a window hides before it),
// visible.none (a row is left no key by the whole mask), visible.hides, visible.first and visible.last (some row sees the
// first, or the last, key of those that the causal or window part leaves it: an array may hide it from all),
// visible.gap (a key that no row of a head sees lies in a tile of 8 keys of which its rows see some), visible.uneven (8 rows see
// keys to another block of 32 than others of their 32 rows), visible.starts_empty (a row that sees none of the first block of 32
// keys that its 32 rows see keys of, and that has no sink), visible.own_diagonal (a row of a batch entry sees other keys than
// by the bottom-right diagonal of an entry that uses all of q_len and kv_len),
// visible.ends_32 (for each group of 32 rows, one past its last key: any(visible.ends_32, # % 32 != 0); also of 8 rows, and
// begins_8 and begins_32), strided.k and its like (the operand, or the mask in memory, is not packed, as far as its addresses
// show), stride.k.row and its like (elements from one row to the next; also batch, head and col), same_strides.k_v, same_strides.q_out, batches_inside.k and its like (several batches that lie closer together than
// the rows), columns_apart.k and its like (columns that are not next to each other, and no further apart than the rows),
// ends_guarded (memory right behind the operands must not be touched, where a path runs in a process of its own; in the other half of the cases that is right before them), inf_clash (some row sees +Inf and -Inf in one column of v), ragged (batch entries have lengths of their own), class.head_dim and class.v_head_dim (the least power of two that is no
// less), own.scale (the scale is not 1/sqrt(head_dim)), past.head_dim, past.v_head_dim,
// past.q_len and past.kv_len (by how much it goes past the largest power of two below it), before.differs (the fields in
// which some case that runs before differs: "input" in before.differs), before.same_size_differs (the same of those with
// the same batch, heads, q_len and kv_len), before.latest_differs (of those right before this case, with none of another size between), before.last_differs (of the one right before alone, where it has that size; in all of them "diagonal" is where both have one that begins at another key, "keys" where
// both have the same lengths and the causal or window part leaves a row other keys, "array" where one has a mask in memory and the
// other has none, and "variant" where they differ in what kernels are specialised for) and before.more_keys (how many keys more than this case the longest of them has; below 0: fewer).
//
// And it has names for quantities of the numbers themselves, in natural units, after scale, softcap, mask and linear bias:
// logits.highest (the largest logit that a row sees), logits.lowest_row_max (the least over rows of the largest logit that
// the row sees, the sink of its head among them) and logits.largest_fall (the most by which a row's largest logit so far lies above the largest of a
// later block of 32 keys; +Inf where the row sees none of a block that the 32 rows about it walk through). They are drawn and
// multiplied only for conditions that name them, and not for cases that would take more than a tenth of a second or so.
//
// It never runs a case, and an expression cannot call into the program or loop without end.
package predicate
