"""PyTorch's scaled_dot_product_attention (2.1 or later): attest run --path "exec:python3 examples/python/torch_sdpa.py" """

import torch

import attest_client

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


# In PyTorch a masked NaN times a weight of 0 is NaN, and a row without keys may be NaN or 0.
@attest_client.attention(arrays="torch", device=DEVICE, promises={"masked_bits": False, "independent": False, "future_bits": False},
                         arithmetic={"empty_row": "nan"})
def sdpa(q, k, v, *, scale, mask):
    q, k, v = q.to(DEVICE), k.to(DEVICE), v.to(DEVICE)
    mask = None if mask is None else mask.to(q)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)


attest_client.serve()
