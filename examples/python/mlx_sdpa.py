"""MLX's scaled_dot_product_attention: attest run --path "exec:python3 examples/python/mlx_sdpa.py" """

import mlx.core as mx

import attest_client


@attest_client.attention(arrays="mlx", gqa=True, device=str(mx.default_device()), arithmetic={"empty_row": "nan"},
                         promises={"masked_bits": False, "independent": False, "future_bits": False})
def sdpa(q, k, v, *, scale, mask):
    mask = None if mask is None else mask.astype(q.dtype)
    return mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)


attest_client.serve()
