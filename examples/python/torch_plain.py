"""softmax(scale * q k^T + mask) v in PyTorch, as a model's code has it:
attest run --path "exec:python3 examples/python/torch_plain.py" """

import torch

import attest_client


@attest_client.attention(arrays="torch", promises={"masked_bits": False, "independent": False, "future_bits": False},
                         arithmetic={"empty_row": "nan"})
def plain(q, k, v, *, scale, mask, lse):
    q, k, v = q.float(), k.float(), v.float()
    scores = scale * (q @ k.transpose(-1, -2))
    if mask is not None:
        scores = scores + mask
    out = torch.softmax(scores, -1) @ v
    return (out, torch.logsumexp(scores, -1)) if lse else out


attest_client.serve()
