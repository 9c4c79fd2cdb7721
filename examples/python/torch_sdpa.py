"""PyTorch's scaled_dot_product_attention (2.3 or later): attest run --path "exec:python3 examples/python/torch_sdpa.py"

On a GPU PyTorch chooses among several kernels; a name after the file allows only that one: math, flash, efficient, cudnn.
"""

import contextlib
import sys

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import attest_client

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NAME = torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"
BACKENDS = {"math": SDPBackend.MATH, "flash": SDPBackend.FLASH_ATTENTION, "efficient": SDPBackend.EFFICIENT_ATTENTION,
            "cudnn": SDPBackend.CUDNN_ATTENTION}
CHOSEN = [BACKENDS[name] for name in sys.argv[1:]]
VERSION = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
torch.backends.cuda.matmul.allow_tf32 = False

# The fused kernels round weights to the input's format before they meet v, divide by the sum afterwards, and compute the
# exponential as a power of two by the GPU's own instruction. From 2.5 on a row without keys is 0, before it was NaN.
ARITHMETIC = {"normalized_probabilities": False, "probabilities": "input", "block": 64, "exp_ulp": 8, "exp_ulp_per_x": 2,
              "flush_subnormals": DEVICE == "cuda", "empty_row": "zero" if VERSION >= (2, 5) else "nan"}


# A masked NaN times a weight of 0 is NaN.
@attest_client.attention(arrays="torch", device=NAME, arithmetic=ARITHMETIC,
                         promises={"masked_bits": False, "independent": False, "future_bits": False},
                         supports=[("output == input", "the result has the input's format")])
def sdpa(q, k, v, *, scale, mask):
    q, k, v = (x.to(DEVICE).contiguous() for x in (q, k, v))
    if mask is not None:
        # PyTorch wants the mask in q's format; one that q's format does not hold would be another problem.
        same = mask.to(q.dtype)
        if not torch.equal(same.float(), mask):
            raise attest_client.Unsupported(f"{q.dtype} does not hold the mask")
        mask = same.expand(*q.shape[:3], k.shape[2]).contiguous().to(DEVICE)
    with sdpa_kernel(CHOSEN) if CHOSEN else contextlib.nullcontext():
        try:
            return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
        except RuntimeError as refusal:
            if CHOSEN and "No available kernel" in str(refusal):
                raise attest_client.Unsupported(f"{sys.argv[1]}: {refusal}") from refusal
            raise


attest_client.serve()
