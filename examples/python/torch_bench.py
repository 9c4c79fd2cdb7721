"""PyTorch's scaled_dot_product_attention over the rows of `attest bench --heads 16`, for a GPU that both can use.

    python3 torch_bench.py [HEADS [N]]

One line a row: milliseconds, the median of passes by the GPU's own clock, and GINSTRS/s = (2 D + 5) N^2 HEADS / s as attest
counts them, a causal mask not counted as less. TF32 is off. The same values are read in every pass, as attest bench does.
"""

import statistics
import sys

import torch
from torch.nn.functional import scaled_dot_product_attention

PASSES, CALLS = 9, 5


def seconds(call):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    times = []
    for _ in range(PASSES + 2):  # two to warm up
        begin.record()
        for _ in range(CALLS):
            call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1e3 / CALLS)
    return statistics.median(times[2:])


def main():
    heads = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 4096
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.manual_seed(1)
    print(f"torch {torch.__version__} on {torch.cuda.get_device_name()}")
    for name, dtype in (("fp32", torch.float32), ("fp16", torch.float16), ("bf16", torch.bfloat16)):
        for causal in (False, True):
            for head_dim in (64, 128) if causal else (64, 128, 256):
                q, k, v = (torch.randn(1, heads, n, head_dim, device="cuda").to(dtype) for _ in range(3))
                s = seconds(lambda: scaled_dot_product_attention(q, k, v, is_causal=causal))
                rate = (2 * head_dim + 5) * n * n * heads / s / 1e9
                print(f"mask={'causal' if causal else 'none'}/in={name}/D={head_dim}/B=1/H={heads}/kvH={heads}/q={n}/kv={n}  {1e3 * s:8.4f} ms  {rate:9.0f} GINSTRS/s")


if __name__ == "__main__":
    main()
