"""PyTorch's scaled_dot_product_attention: attest run --path "exec:python3 examples/python/torch_sdpa.py" """

import torch

import attest_client


@attest_client.attention(arrays="torch", promises={"masked_bits": False, "independent": False, "future_bits": False},
                         arithmetic={"empty_row": "nan", "normalized_probabilities": True},
                         supports=[('values.masked == "ordinary"', "a masked NaN times a weight of 0 is NaN in PyTorch")])
def sdpa(q, k, v, *, scale, mask):
    # Scaled as PyTorch versions without a scale argument want it.
    q = q * (scale * q.shape[-1] ** 0.5)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask.to(q.dtype))


attest_client.serve()
