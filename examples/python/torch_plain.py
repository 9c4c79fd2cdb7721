"""softmax(scale * q k^T + mask) v in PyTorch, as a model's code has it, on a GPU where PyTorch finds one:
attest run --path "exec:python3 examples/python/torch_plain.py" """

import torch

import attest_client

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NAME = torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"
torch.backends.cuda.matmul.allow_tf32 = False  # products of fp32 are declared as such


@attest_client.attention(arrays="torch", device=NAME, promises={"masked_bits": False, "independent": False, "future_bits": False},
                         arithmetic={"empty_row": "nan"})
def plain(q, k, v, *, scale, mask, lse):
    q, k, v = q.to(DEVICE).float(), k.to(DEVICE).float(), v.to(DEVICE).float()
    scores = scale * (q @ k.transpose(-1, -2))
    if mask is not None:
        scores = scores + mask.to(DEVICE)
    out = torch.softmax(scores, -1) @ v
    return (out, torch.logsumexp(scores, -1)) if lse else out


attest_client.serve()
