// Package cases defines a case, one attention problem: its shape, precisions, mask, memory layout and how its
// values are drawn. A case is a small JSON document that a person can read and edit; the tensors follow from it
// alone, bit for bit the same on every platform and Go release, and are never stored.
//
// The problem, with i a query row, j a key, g = heads/kv_heads:
//
//	s[b,h,i,j] = scale * sum_d q[b,h,i,d]*k[b,h/g,j,d] + bias[b,h,i,j]
//	out[b,h,i,:] = sum_j softmax_j(s)[j] * v[b,h/g,j,:]
//	lse[b,h,i] = log sum_j exp(s[b,h,i,j])
//
// where bias is -Inf for a key that the mask forbids. A softcap comes before the bias; the slopes of a linear bias add
// -slope[h]*|i + kv_offset - j| to it; a sink of head h adds exp(sink[h]) to both sums of exponentials. batch, q_len and
// kv_len may be 0: without keys out is 0, and lse -Inf or the head's sink. A case of more than MaxWork multiply-adds,
// batch * heads * q_len * kv_len * (head_dim + v_head_dim), is valid but never judged: its reference would take too long.
// The package never computes attention.
package cases
