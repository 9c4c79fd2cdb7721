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
