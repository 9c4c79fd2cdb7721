"""softmax(scale * q k^T + mask) v in JAX: attest run --path "exec:python3 examples/python/jax_plain.py" """

import jax
import jax.numpy as jnp

import attest_client


@attest_client.attention(arrays="jax", device=jax.devices()[0].device_kind, arithmetic={"empty_row": "nan"},
                         promises={"masked_bits": False, "independent": False, "future_bits": False})
def plain(q, k, v, *, scale, mask):
    q, k, v = (x.astype(jnp.float32) for x in (q, k, v))
    scores = scale * jnp.matmul(q, k.swapaxes(-1, -2), precision="highest")
    weights = jax.nn.softmax(scores if mask is None else scores + mask, axis=-1)
    return jnp.matmul(weights, v, precision="highest")


attest_client.serve()
