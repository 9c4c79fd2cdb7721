"""A small flash-attention forward in Triton: attest run --path "exec:python3 examples/python/triton_forward.py" """

import torch
import triton
import triton.language as tl

import attest_client


@triton.jit
def forward(Q, K, V, Out, scale, q_len, kv_len, diagonal, D: tl.constexpr, CAUSAL: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    rows, head = tl.program_id(0) * M + tl.arange(0, M), tl.program_id(1)
    d = tl.arange(0, D)
    q = tl.load(Q + head * q_len * D + rows[:, None] * D + d, mask=rows[:, None] < q_len, other=0.0)
    most = tl.full([M], float("-inf"), tl.float32)
    total = tl.zeros([M], tl.float32)
    acc = tl.zeros([M, D], tl.float32)
    for start in range(0, kv_len, N):
        keys = start + tl.arange(0, N)
        there = keys[:, None] < kv_len
        k = tl.load(K + head * kv_len * D + keys[:, None] * D + d, mask=there, other=0.0)
        v = tl.load(V + head * kv_len * D + keys[:, None] * D + d, mask=there, other=0.0)
        scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        allowed = keys[None, :] < kv_len
        if CAUSAL:
            allowed = allowed & (keys[None, :] <= rows[:, None] + diagonal)
        scores = tl.where(allowed, scores, float("-inf"))
        above = tl.maximum(most, tl.max(scores, 1))
        shift = tl.where(above == float("-inf"), 0.0, above)  # a row that has seen no key yet
        keep = tl.exp(most - shift)
        weights = tl.exp(scores - shift[:, None])
        total = total * keep + tl.sum(weights, 1)
        acc = acc * keep[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
        most = above
    acc = tl.where(total[:, None] > 0, tl.div_rn(acc, total[:, None]), 0.0)  # "/" is off by 2 ulp
    tl.store(Out + head * q_len * D + rows[:, None] * D + d, acc, mask=rows[:, None] < q_len)


@attest_client.attention(arrays="torch", device=torch.cuda.get_device_name(), toolchain=f"triton {triton.__version__}",
                         arithmetic={"block": 32, "exp_ulp": 8, "exp_ulp_per_x": 2, "normalized_probabilities": False, "probabilities": "input",
                                     "flush_subnormals": True},
                         promises={"masked_bits": False, "nan": False},
                         supports=[("head_dim in [16, 32, 64, 128]", "tiles are powers of two"),
                                   ("output == input", "the result has the input's format")])
def attention(q, k, v, *, scale, causal, diagonal):
    q, k, v = (x.cuda().contiguous() for x in (q, k, v))
    out = torch.empty_like(q)
    grid = (triton.cdiv(q.shape[2], 16), q.shape[0] * q.shape[1])
    forward[grid](q, k, v, out, scale, q.shape[2], k.shape[2], diagonal, D=q.shape[3], CAUSAL=causal, M=16, N=32)
    return out


attest_client.serve()
