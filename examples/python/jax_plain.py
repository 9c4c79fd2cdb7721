"""softmax(scale * q k^T + mask) v in JAX: attest run --path "exec:python3 examples/python/jax_plain.py"

On a GPU JAX's own process takes more memory than attest allows a program: --memory 16GiB.
"""

import os

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # one process of several on the GPU
os.environ.setdefault("XLA_FLAGS", "--xla_gpu_autotune_level=0")  # no search for the fastest kernel of each new shape

import jax
import jax.numpy as jnp

import attest_client

KEPT = 16  # each shape is compiled anew and what was compiled is kept; after so many calls it is dropped
calls = 0


@attest_client.attention(arrays="jax", device=jax.devices()[0].device_kind, arithmetic={"empty_row": "nan"},
                         promises={"masked_bits": False, "independent": False, "future_bits": False})
def plain(q, k, v, *, scale, mask):
    global calls
    calls += 1
    if calls % KEPT == 0:
        jax.clear_caches()
    q, k, v = (x.astype(jnp.float32) for x in (q, k, v))
    scores = scale * jnp.matmul(q, k.swapaxes(-1, -2), precision="highest")
    weights = jax.nn.softmax(scores if mask is None else scores + mask, axis=-1)
    return jnp.matmul(weights, v, precision="highest")


attest_client.serve()
