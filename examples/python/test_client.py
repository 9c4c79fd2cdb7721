"""python3 examples/python/test_client.py: what the client does with a problem, without attest."""

import json
import io
import unittest

import numpy as np

import attest_client as client

PROBLEM = {
    "batch": 1, "heads": 2, "kv_heads": 1, "q_len": 2, "kv_len": 3, "head_dim": 4, "scale": 0.5, "input": "fp32",
    "output": "fp32", "intermediate": "fp32", "lse": False, "causal": False, "diagonal": 0, "left": None, "right": None,
    "mask": "none", "deadline": 0, "tensors": {},
}


class Names(unittest.TestCase):
    def tearDown(self):
        client._function = None

    def keywords(self, call, tensors=None, **changes):
        client.attention()(call)
        return client._keywords(client._function, {**PROBLEM, **changes}, tensors or {})

    def test_a_function_gets_what_it_names(self):
        self.assertEqual(self.keywords(lambda q, k, v, *, scale: 0), {"scale": 0.5})
        self.assertEqual(set(self.keywords(lambda q, k, v, **everything: 0)), set(client._KEYWORDS))

    def test_what_it_does_not_name_is_unsupported(self):
        for call, changes in [
            (lambda q, k, v, *, scale: 0, {"mask": "bool"}),
            (lambda q, k, v, *, scale: 0, {"causal": True, "right": 0}),
            (lambda q, k, v, *, scale, mask: 0, {"lse": True}),
            (lambda q, k, v, *, mask: 0, {"scale": 0.25}),
            (lambda q, k, v, *, scale, causal: 0, {"causal": True, "right": 0, "diagonal": 1}),
        ]:
            with self.assertRaises(client.Unsupported, msg=str(changes)):
                self.keywords(call, **changes)

    def test_a_misspelt_keyword_is_an_error(self):
        with self.assertRaisesRegex(TypeError, "scal"):
            client.attention()(lambda q, k, v, *, scal: 0)

    def test_a_causal_mask_is_in_the_mask(self):
        mask = self.keywords(lambda q, k, v, *, scale, mask: 0, causal=True, right=0, diagonal=1)["mask"]
        np.testing.assert_array_equal(mask[0, 0] == 0, [[True, True, False], [True, True, True]])

    def test_a_window_and_an_array_come_as_one_mask(self):
        array = ("F32", [1, 1, 2, 3], np.arange(6, dtype="<f4").tobytes())
        mask = self.keywords(lambda q, k, v, *, scale, mask: 0, {"mask": array}, mask="additive", left=0, right=0)["mask"]
        np.testing.assert_array_equal(mask[0, 0], [[0, -np.inf, -np.inf], [-np.inf, 4, -np.inf]])


class Quantised(unittest.TestCase):
    """Elements by hand, as the protocol has them."""

    def dequantised(self, kind, stored, columns, scales=None, zeros=None, block=0):
        tensors = {"k": (stored.dtype.name, None, stored)}
        for name, x in (("k_scales", scales), ("k_zeros", zeros)):
            if x is not None:
                tensors[name] = (None, None, x)
        return client.dequantise({"head_dim": columns, "quant": {"k": kind, "v": "none", "block": block}}, tensors, "k")

    def test_int8_less_its_zero_point_times_the_scale_of_the_row(self):
        x = self.dequantised("int8", np.array([[[[-128, 127], [3, 0]]]], np.int8), 2,
                             np.array([[[[0.5], [2]]]], np.float32), np.array([[[[-128], [1]]]], np.int32))
        np.testing.assert_array_equal(x, [[[[0, 127.5], [4, -2]]]])

    def test_int4_has_even_columns_in_the_low_bits(self):
        x = self.dequantised("int4", np.array([[[[0x98, 0x07]]]], np.uint8), 3, np.array([[[[1]]]], np.float32))
        np.testing.assert_array_equal(x, [[[[-8, -7, 7]]]])

    def test_blocks_of_columns_have_scales_of_their_own(self):
        x = self.dequantised("int8", np.full((1, 1, 1, 40), 2, np.int8), 40, np.array([[[[1, 4]]]], np.float32), block=32)
        np.testing.assert_array_equal(x[0, 0, 0], [2] * 32 + [8] * 8)

    def test_q8_0_and_q4_0_begin_with_their_scale(self):
        half = np.array([0.25], "<f2").view(np.uint8)
        x = self.dequantised("q8_0", np.concatenate([half, np.array([252, *[4] * 31], np.uint8)]).reshape(1, 1, 1, 34), 32)
        np.testing.assert_array_equal(x[0, 0, 0], [-1] + [1] * 31)
        x = self.dequantised("q4_0", np.concatenate([half, np.full(16, 0x4C, np.uint8)]).reshape(1, 1, 1, 18), 32)
        np.testing.assert_array_equal(x[0, 0, 0], [1] * 16 + [-1] * 16)


class Formats(unittest.TestCase):
    def test_bfloat16_is_rounded_to_even(self):
        values = np.array([1.0, 1.00390625, 1.01171875, -0.0, np.inf, 3.4e38, np.nan], np.float32)
        bits = client._round_bf16(values)
        self.assertEqual([hex(b) for b in bits], ["0x3f80", "0x3f80", "0x3f82", "0x8000", "0x7f80", "0x7f80", "0x7fc0"])

    def test_safetensors_survive_the_round_trip(self):
        data = client._write_safetensors({"a": ("F32", (2, 1), np.array([1, 2], "<f4").tobytes())})
        dtype, shape, bytes_ = client._read_safetensors(data)["a"]
        self.assertEqual((dtype, shape, np.frombuffer(bytes_, "<f4").tolist()), ("F32", [2, 1], [1.0, 2.0]))


class Errors(unittest.TestCase):
    def tearDown(self):
        client._function = None

    def test_an_exception_is_an_answer(self):
        @client.attention()
        def broken(q, k, v):
            raise ValueError("no")

        payload = client._write_safetensors({name: ("F32", (1, 1, 1, 1), b"\0\0\x80?") for name in "qkv"})
        problem = {**PROBLEM, "heads": 1, "q_len": 1, "kv_len": 1, "head_dim": 1, "scale": 1.0}
        request = json.dumps({"attest": 1, "id": 3, "call": "attend", "problem": problem, "bytes": len(payload)})
        out = io.BytesIO()
        client._talk(client._function, io.BytesIO(request.encode() + b"\n" + payload), out)
        answer = json.loads(out.getvalue())
        self.assertEqual((answer["id"], answer["error"]), (3, "ValueError: no"))


if __name__ == "__main__":
    unittest.main()
