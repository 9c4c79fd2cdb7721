"""Attention as the textbook has it, in numpy: attest run --path "exec:python3 examples/python/naive.py" """

import numpy as np

import attest_client


@attest_client.attention(knows=["v_head_dim", "quant", "batch=0", "q_len=0", "kv_len=0"])
def naive(q, k, v, *, scale, softcap, mask, sinks, lse):
    q, k, v = (x.astype(np.float32) for x in (q, k, v))
    scores = np.float32(scale) * (q @ k.swapaxes(-1, -2))
    if softcap:
        scores = np.float32(softcap) * np.tanh(scores / np.float32(softcap))
    allowed = np.ones_like(scores, bool)
    if mask is not None:
        allowed &= mask != -np.inf
        scores = np.where(allowed, scores + mask, -np.inf)
    most = scores.max(-1, keepdims=True, initial=-np.inf)  # which is what there is without keys
    if sinks is not None:
        most = np.maximum(most, sinks[:, None, None])  # a NaN stays one
    shift = np.where(most == -np.inf, 0, most)
    weights = np.where(allowed, np.exp(scores - shift), 0)
    total = weights.sum(-1, keepdims=True)
    if sinks is not None:
        total = total + np.exp(sinks[:, None, None] - shift)
    probabilities = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    # What a masked key holds must not get in, not even a NaN times zero.
    out = np.zeros(q.shape[:3] + v.shape[3:], np.float32)
    for b, h, i in np.ndindex(*out.shape[:3]):
        keys = allowed[b, h, i]
        out[b, h, i] = probabilities[b, h, i, keys] @ v[b, h, keys]
    with np.errstate(divide="ignore"):
        return (out, (most + np.log(total))[..., 0]) if lse else out


attest_client.serve()
