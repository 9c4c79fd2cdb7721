"""Lets attest test an attention function written in Python. Needs numpy; torch, jax or mlx where you ask for them.

    import attest_client

    @attest_client.attention()
    def mine(q, k, v, *, scale, mask):
        ...
        return out

    attest_client.serve()

Then: attest run --path "exec:python3 mine.py"

q is [batch, heads, q_len, head_dim], k and v are [batch, kv_heads, kv_len, head_dim], the result is shaped like q; but
where the function is said to know "v_head_dim", v and the result may have another number of columns.
The function takes by keyword whatever it names of:

    scale       a float: the scores are scale * q.k
    softcap     a float: scores are softcap * tanh(scale * q.k / softcap) before the mask; 0: they are not capped. A function
                that names neither this nor problem is never asked for a problem with a cap.
    mask        None, or an array that broadcasts to [batch, heads, q_len, kv_len] and is added to the scores;
                0 and -inf where the problem only allows and forbids. A causal mask or window is in it, unless the
                function also names `causal` or `window`.
    causal      True or False: key j is allowed to row i iff j <= i + diagonal
    window      None or (left, right): allowed iff i + diagonal - left <= j <= i + diagonal + right; None is no bound
    diagonal    an int: 0, or kv_len - q_len where the mask is aligned bottom-right
    packed      None, or where k or v is of small integers a dict of what is in memory: "k", "v", and where there are such
                "k_scales", "k_zeros", "v_scales", "v_zeros", as the protocol has them
    lse         True or False: return (out, lse) where True, lse being [batch, heads, q_len], natural logarithm
    problem     the whole problem as the protocol has it, a dict

A problem that needs what the function does not name is answered as unsupported: name `lse` and logsumexps are asked
for, name `mask` and masks are. Where kv_heads < heads, k and v are repeated for a function that does not say
attention(gqa=True).

k and v of small integers with scales are asked for where the function is said to know "quant", or names packed. k and v are
then the numbers that the integers stand for, in float32, whatever q is; dequantise() made them. An extent of 0 is asked for
where it is said to know "batch=0", "q_len=0" or "kv_len=0".

The protocol is harness/internal/paths/execpath/PROTOCOL.md.
"""

import inspect
import json
import math
import mmap
import os
import socket
import struct
import sys
import time
import traceback

import numpy as np

PROTOCOL = 1


class Unsupported(Exception):
    """Raise this from your function where it cannot compute a problem; the text says why."""


class _Function:
    def __init__(self, call, arrays, gqa, hello):
        self.call = call
        self.arrays = arrays
        self.gqa = gqa
        self.hello = hello
        parameters = inspect.signature(call).parameters.values()
        self.all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
        self.names = {p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD}
        unknown = self.names - set(_KEYWORDS) - {p.name for p in list(parameters)[:3]}
        if unknown:
            raise TypeError(f"{call.__name__} takes {sorted(unknown)}; attest knows {', '.join(_KEYWORDS)}")

    def takes(self, name):
        return self.all or name in self.names


_KEYWORDS = ("scale", "softcap", "mask", "causal", "window", "diagonal", "sinks", "slopes", "packed", "lse", "problem")
# What came after the first version of a problem, and the keywords of which one is enough: a linear bias and lengths are part of
# a mask.
_KNOWS = {"softcap": ("softcap", "problem"), "sinks": ("sinks",), "alibi": ("slopes", "mask"), "lengths": ("mask",), "quant": ("packed",)}
_function = None


def attention(*, arrays="numpy", gqa=False, name=None, device=None, toolchain=None, arithmetic=None, promises=None,
              supports=(), knows=(), reset=None, shared=False):
    """Makes the decorated function the one that serve() offers.

    The function is called with q, k and v, and with those keywords that it names: scale; softcap; mask (a float32 array to
    add, or None); causal, window and diagonal, where it wants them apart from the mask; sinks and slopes (an array [heads],
    or None); lse; problem (all of it). What it does not name and a problem needs is unsupported.

    arrays      "numpy", "torch", "jax" or "mlx": what q, k, v and mask are. numpy has no bfloat16: bf16 operands come
                as float32 with the same values, and the result is rounded to bf16 here.
    gqa         True: k and v come with their own number of heads.
    arithmetic  a dict: accumulators, scores, probabilities ("fp16", "bf16", "fp32"), exp_ulp, block, empty_row, ...
                normalized_probabilities is True unless said otherwise: softmax first, then the product with v.
    promises    a dict: deterministic, masked_bits, independent, any_rows, future_bits, nan: False for what it does not promise.
    supports    expressions over the case that all must hold, such as "head_dim % 8 == 0", or (expression, reason).
    knows       what came after the first problems and needs no keyword, where the function does it right: "v_head_dim", a v
                with columns of its own, as many as the result has then; "quant", k and v that were integers and are
                float32; "batch=0", "q_len=0", "kv_len=0". Without it such problems are not asked for.
    reset       a function without arguments that forgets what earlier calls left behind.
    shared      True: q, k, v and mask are views of memory that attest shares, with the case's own strides, and no
                tensor goes through the pipe. numpy only.
    """
    if shared and arrays != "numpy":
        raise ValueError(f"attention(shared=True) hands out numpy arrays; it cannot make {arrays} of them without a copy")

    def register(call):
        global _function
        hello = {
            "protocol": PROTOCOL, "name": name or call.__name__, "client": "attest_client.py",
            "device": device or "cpu", "toolchain": toolchain or _toolchain(arrays), "tensors": "shared" if shared else "dense",
            "reset": reset is not None,
            "arithmetic": {"normalized_probabilities": True, **(arithmetic or {})}, "promises": promises or {},
            "knows": [],
            "supports": [{"when": s} if isinstance(s, str) else {"when": s[0], "why": s[1]} for s in supports],
        }
        _function = _Function(call, arrays, gqa, hello)
        hello["knows"] = [field for field, keywords in _KNOWS.items() if any(map(_function.takes, keywords))] + list(knows)
        _function.reset = reset
        return call

    return register


def serve(address=None):
    """Answers attest until it has no more problems. address: None for standard input and output, or "unix:PATH" or
    "tcp:127.0.0.1:PORT" to listen there."""
    if _function is None:
        raise RuntimeError("serve: no function is decorated with attest_client.attention()")
    if address is None:
        # What this program prints must not get among the answers: file descriptor 1 goes where errors go from now on.
        incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        _talk(_function, incoming, outgoing)
        return
    kind, _, place = address.partition(":")
    if kind == "unix":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place)
    elif kind == "tcp":
        host, _, port = place.lstrip("/").rpartition(":")
        listener = socket.create_server((host, int(port)))
    else:
        raise ValueError(f"serve: address {address!r}: want unix:PATH or tcp:127.0.0.1:PORT")
    listener.listen()
    while True:
        connection, _ = listener.accept()
        with connection:
            stream = connection.makefile("rwb")
            try:
                _talk(_function, stream, stream)
            except (BrokenPipeError, ConnectionResetError):
                pass


def _talk(function, incoming, outgoing):
    while True:
        line = incoming.readline()
        if not line:
            return
        request = json.loads(line)
        payload = incoming.read(request["bytes"])
        answer, body = {"attest": PROTOCOL, "id": request["id"]}, b""
        try:
            if request["call"] == "hello":
                answer["hello"] = function.hello
            elif request["call"] == "reset":
                if function.reset:
                    function.reset()
            elif request["call"] == "attend":
                memory = request.get("memory")
                if memory:
                    _attend_shared(function, request["problem"], memory, answer)
                else:
                    body = _attend(function, request["problem"], _read_safetensors(payload), answer)
            else:
                answer["error"] = f"the client knows no call {request['call']!r}"
        except Unsupported as refusal:
            answer["unsupported"] = str(refusal) or "refused without a reason"
        except Exception as failure:  # whatever the function raises is an answer too
            traceback.print_exc()
            answer["error"] = f"{type(failure).__name__}: {failure}"
        answer["bytes"] = len(body)
        outgoing.write(json.dumps(answer, allow_nan=False).encode() + b"\n" + body)
        outgoing.flush()


def _attend(function, problem, tensors, answer):
    out, lse = _compute(function, problem, tensors, answer)
    outputs = {"out": _from_result(out, problem["output"])}
    if problem["lse"]:
        outputs["lse"] = _from_result(lse, "fp32")
    return _write_safetensors({name: (dtype, array.shape, array.tobytes()) for name, (dtype, array) in outputs.items()})


_mapped = None  # the shared memory, and how it was named


def _attend_shared(function, problem, memory, answer):
    global _mapped
    if _mapped is None or _mapped[1] != memory:
        if "path" in memory:
            with open(memory["path"], "r+b") as file:
                _mapped = mmap.mmap(file.fileno(), memory["bytes"]), memory
        else:
            _mapped = mmap.mmap(memory["fd"], memory["bytes"]), memory
    views = {name: _view(_mapped[0], t) for name, t in problem["tensors"].items()}
    tensors = {name: (problem["tensors"][name]["dtype"], None, view) for name, view in views.items()}
    out, lse = _compute(function, problem, tensors, answer)
    views["out"][...] = _from_result(out, problem["output"])[1]
    if problem["lse"]:
        views["lse"][...] = _from_result(lse, "fp32")[1].reshape(views["lse"].shape)


def _view(memory, t):
    dtype = _NUMPY[t["dtype"]]
    strides = [stride * dtype.itemsize for stride in t["strides"]]
    return np.ndarray(t["shape"], dtype, memory, t["start"] + t["offset"] * dtype.itemsize, strides)


def _compute(function, problem, tensors, answer):
    q, k, v = _to_numpy(tensors["q"]), dequantise(problem, tensors, "k"), dequantise(problem, tensors, "v")
    if problem["kv_heads"] != problem["heads"] and not function.gqa:
        group = problem["heads"] // problem["kv_heads"]
        k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
    keywords = _keywords(function, problem, tensors)
    convert = _CONVERT[function.arrays]
    q, k, v = (convert(x, "fp32" if name in "kv" and _format(problem, name) else problem["input"]) for name, x in zip("qkv", (q, k, v)))
    for name in ("mask", "sinks", "slopes"):
        if keywords.get(name) is not None:
            keywords[name] = convert(keywords[name], "fp32")
    start = time.perf_counter()
    result = function.call(q, k, v, **keywords)
    _finish(function.arrays, result)
    answer["device_seconds"] = [time.perf_counter() - start]
    out, lse = result if isinstance(result, tuple) else (result, None)
    if problem["lse"] and lse is None:
        raise TypeError("the function was called with lse=True; it must return (out, lse)")
    return out, lse


def _format(problem, name):
    """How k or v is quantised; None: it is not."""
    name = (problem.get("quant") or {}).get(name, "none")
    return None if name == "none" else name


def dequantise(problem, tensors, name):
    """k or v as numbers. Of integers the products with their scales are float32 numbers: nothing is rounded."""
    stored, kind = _to_numpy(tensors[name]), _format(problem, name)
    if kind is None:
        return stored
    columns = problem["head_dim"] if name == "k" else problem.get("v_head_dim", problem["head_dim"])
    scale, zero = None, 0
    if kind in ("q8_0", "q4_0"):
        blocks = np.ascontiguousarray(stored).reshape(stored.shape[:3] + (columns // 32, 34 if kind == "q8_0" else 18))
        scale, integers = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32), blocks[..., 2:]
        if kind == "q8_0":
            integers = np.ascontiguousarray(integers).view(np.int8).astype(np.int32)
        else:
            integers = np.concatenate([integers & 15, integers >> 4], -1).astype(np.int32) - 8
    else:
        integers = stored.astype(np.int32)
        if kind == "int4":
            halves = np.stack([integers & 15, integers >> 4 & 15], -1)
            integers = (halves.reshape(stored.shape[:3] + (2 * stored.shape[3],))[..., :columns] ^ 8) - 8
        scale, block = _to_numpy(tensors[name + "_scales"]), problem["quant"]["block"]
        if name + "_zeros" in tensors:
            zero = _to_numpy(tensors[name + "_zeros"])
        if block and scale.shape[3] > 1:
            scale, zero = (np.repeat(x, block, -1)[..., :columns] if np.ndim(x) else x for x in (scale, zero))
    with np.errstate(invalid="ignore"):
        return ((integers - zero).astype(np.float32) * scale).reshape(stored.shape[:3] + (columns,))


def _packed(problem, tensors):
    if not problem.get("quant"):
        return None
    names = ("k", "v", "k_scales", "k_zeros", "v_scales", "v_zeros")
    return {name: _to_numpy(tensors[name]) for name in names if name in tensors}


def _keywords(function, problem, tensors):
    takes = function.takes
    banded = problem["left"] is not None or problem["right"] is not None
    ranges = problem.get("ranges")
    separate = banded and not ranges and (takes("causal") if problem["causal"] else takes("window"))
    if problem["lse"] and not takes("lse"):
        raise Unsupported("the function names no lse")
    sinks, slopes = (None if tensors.get(name) is None else _to_numpy(tensors[name]).reshape(-1) for name in ("sinks", "slopes"))
    folded = None if takes("slopes") and not ranges else slopes
    if ranges and slopes is not None and takes("slopes"):
        raise Unsupported("slopes whose distances count from batch entries")
    if (problem["mask"] != "none" or banded and not separate or folded is not None or ranges) and not takes("mask"):
        raise Unsupported("the function names no mask")
    if (separate or slopes is not None and folded is None) and problem["diagonal"] != 0 and not takes("diagonal"):
        raise Unsupported("the function names no diagonal, and this one is not 0")
    values = {
        "scale": problem["scale"], "softcap": problem.get("softcap", 0), "lse": problem["lse"], "problem": problem, "diagonal": problem["diagonal"],
        "causal": problem["causal"],
        "window": (problem["left"], problem["right"]) if banded and not problem["causal"] else None,
        "mask": mask_of(problem, tensors.get("mask"), banded and not separate, folded) if takes("mask") else None,
        "sinks": sinks, "slopes": slopes, "packed": _packed(problem, tensors) if takes("packed") else None,
    }
    if not takes("scale") and problem["scale"] != np.float32(1 / math.sqrt(problem["head_dim"])):
        raise Unsupported("the function names no scale, and this one is not 1/sqrt(head_dim)")
    return {name: value for name, value in values.items() if takes(name)}


def mask_of(problem, array, banded, slopes=None):
    """The mask as one float32 array to be added to the scores, or None where every key is allowed and nothing is added.
    The array keeps the dimensions of extent 1 that it has. slopes: the linear bias of each head, to be part of it."""
    mask = None
    if array is not None:
        entries = _to_numpy(array)
        mask = np.where(entries != 0, 0, -np.inf).astype(np.float32) if problem["mask"] == "bool" else entries.astype(np.float32)
    ranges = problem.get("ranges")
    if banded or ranges:
        i, allowed = _places(problem, ranges)
        j = np.arange(problem["kv_len"])[None, :]
        if problem["left"] is not None:
            allowed &= j >= i - problem["left"]
        if problem["right"] is not None:
            allowed &= j <= i + problem["right"]
        if ranges:
            allowed = allowed[:, None]
        mask = np.where(allowed, np.float32(0) if mask is None else mask, np.float32(-np.inf))
        mask = mask.reshape((1,) * (4 - mask.ndim) + mask.shape)
    if slopes is not None:
        i, _ = _places(problem, ranges)
        distance = np.abs(i - np.arange(problem["kv_len"])).astype(np.float32)
        linear = -slopes[:, None, None] * (distance[:, None] if ranges else distance[None, None])
        mask = linear if mask is None else mask + linear
    return mask


def _places(problem, ranges):
    """The key at which each row stands, [q_len, 1], and which keys lengths allow, [q_len, kv_len]; with ranges both have the
    batch before that."""
    rows, keys = problem["q_len"], problem["kv_len"]
    if not ranges:
        return np.arange(rows)[:, None] + problem["diagonal"], np.ones((rows, keys), bool)
    place, allowed = np.zeros((len(ranges), rows, 1), np.int64), np.zeros((len(ranges), rows, keys), bool)
    for b, entries in enumerate(ranges):
        for q_begin, q_end, kv_begin, kv_end in entries:
            first = kv_end - (q_end - q_begin) if problem["align"] == "bottom-right" else kv_begin + problem["diagonal"]
            place[b, q_begin:q_end, 0] = first + np.arange(q_end - q_begin)
            allowed[b, q_begin:q_end, kv_begin:kv_end] = True
    return place, allowed


# Tensors: (dtype, shape, bytes), where dtype is one of safetensors' names.

_NUMPY = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2"), "BOOL": np.dtype("u1"),
          "I8": np.dtype("i1"), "U8": np.dtype("u1"), "I32": np.dtype("<i4")}


def _read_safetensors(data):
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = (8 + length + at for at in entry["data_offsets"])
            tensors[name] = (entry["dtype"], entry["shape"], memoryview(data)[first:last])
    return tensors


def _write_safetensors(tensors):
    header, parts, at = {}, [], 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def _to_numpy(tensor):
    dtype, shape, data = tensor
    array = data if isinstance(data, np.ndarray) else np.frombuffer(data, _NUMPY[dtype]).reshape(shape)
    if dtype == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def _round_bf16(array):
    """float32 to the bits of bfloat16, to nearest, ties to even."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = ((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)
    return np.where(np.isnan(array), np.uint16(0x7FC0), rounded).astype("<u2")


def _from_result(result, precision):
    array = _as_numpy(result)
    if array.dtype.kind != "f":
        raise TypeError(f"the result is {array.dtype}; want floating-point numbers")
    if precision == "bf16":
        return "BF16", _round_bf16(array.astype(np.float32))
    dtype = {"fp32": "F32", "fp16": "F16"}[precision]
    with np.errstate(over="ignore"):
        return dtype, np.ascontiguousarray(array, _NUMPY[dtype])


# Other kinds of arrays. Each is imported when a function asks for it.


def _torch(array, precision):
    import torch
    tensor = torch.from_numpy(np.array(array))  # its own memory, and writable
    return tensor.to(torch.bfloat16) if precision == "bf16" else tensor


def _jax(array, precision):
    import jax.numpy as jnp
    return jnp.asarray(array, jnp.bfloat16 if precision == "bf16" else None)


def _mlx(array, precision):
    import mlx.core as mx
    tensor = mx.array(np.array(array))
    return tensor.astype(mx.bfloat16) if precision == "bf16" else tensor


_CONVERT = {"numpy": lambda array, precision: array, "torch": _torch, "jax": _jax, "mlx": _mlx}


def _finish(arrays, result):
    """Waits for a device that computes while Python goes on."""
    first = result[0] if isinstance(result, tuple) else result
    if arrays == "torch" and getattr(first, "is_cuda", False):
        import torch
        torch.cuda.synchronize()
    elif arrays == "jax":
        first.block_until_ready()
    elif arrays == "mlx":
        import mlx.core as mx
        mx.eval(*(result if isinstance(result, tuple) else (result,)))


def _as_numpy(result):
    if isinstance(result, np.ndarray):
        return result
    module = type(result).__module__.partition(".")[0]
    if module == "torch":
        result = result.detach().cpu()
        return (result.float() if str(result.dtype) == "torch.bfloat16" else result).numpy()
    if module == "mlx":
        import mlx.core as mx
        return np.array(result.astype(mx.float32) if result.dtype == mx.bfloat16 else result)
    array = np.asarray(result)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _toolchain(arrays):
    version = {"numpy": np.__version__}
    if arrays != "numpy":
        try:
            version = {arrays: __import__("mlx.core" if arrays == "mlx" else arrays).__version__}
        except Exception:
            pass  # the function's own import will say what is wrong
    return f"python {sys.version_info.major}.{sys.version_info.minor}, " + ", ".join(f"{k} {v}" for k, v in version.items())
