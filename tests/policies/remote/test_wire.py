"""The notation on the wire: what is packed is unpacked, and everything else is refused."""

import random

import msgpack
import numpy as np
import pytest

from helpers.servers import PICTURE, array
from vlagen_bench.policies.remote import wire


def test_what_is_packed_is_unpacked():
    message = {
        "image": PICTURE, "state": np.array([[1.5], [2.5]], np.float32), "flag": np.bool_(True), "n": np.int64(-3),
        "words": np.array(["ab", "c"]), "none": np.zeros((0, 7)), "prompt": "Stelle die Tüte", "deep": {"a": [1, None, 2.5]},
    }  # fmt: skip
    found = wire.unpack(wire.pack(message))
    assert list(found) == list(message)
    for key, value in message.items():
        np.testing.assert_array_equal(found[key], value)
        assert getattr(found[key], "dtype", None) == getattr(value, "dtype", None)
    found["image"][0] = 0  # it is the reader's own


def test_the_notation_is_that_of_openpi():
    """As openpi_client/msgpack_numpy.py 0.1.2 writes it; test_openpi_* ask its own code."""
    raw = msgpack.unpackb(wire.pack({"a": np.array([[1, 2]], np.float32), "b": np.uint8(7)}))
    assert raw == {
        "a": {b"__ndarray__": True, b"data": np.float32([1, 2]).tobytes(), b"dtype": "<f4", b"shape": [1, 2]},
        "b": {b"__npgeneric__": True, b"data": 7, b"dtype": "|u1"},
    }


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\xc1", b"\x81\xa1a", b"\xdd\xff\xff\xff\xff", b"\x81\xa1a" + b"\x91" * 10**6,
        msgpack.packb([1]), msgpack.packb({b"a": 1}), msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
        array(dtype="|O"), array(dtype="object"), array(dtype="|V8"), array(dtype="<f4,<f4"), array(dtype="(2,)<f4"),
        array(dtype="<c8"), array(dtype="<M8[s]"), array(dtype="<f3"), array(dtype="<U999999999"), array(dtype=4),
        array(dtype="<U0", data=b"", shape=(2**40,)), array(shape=(3,)), array(shape=(-1, -2)), array(shape=(True, 2)),
        array(shape=(0, 2**40), data=b""), array(shape=(1,) * 40), array(shape="2"), array(data="12345678"), array(shape=None),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": 300, b"dtype": "|u1"}}),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": [1], b"dtype": "<f4"}}),
        msgpack.packb({"a": {b"__npgeneric__": True, b"data": 1, b"dtype": "|O"}}),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(frame):
    with pytest.raises(wire.WireError):
        wire.unpack(frame)


@pytest.mark.parametrize(
    "value", [np.array([{}]), np.zeros(2, "V4"), np.zeros(2, complex), object(), 2**70, {1, 2}, np.datetime64("2026")]
)
def test_what_cannot_travel_is_refused(value):
    with pytest.raises(wire.WireError):
        wire.pack({"a": value})


def test_garbage_is_refused_or_read_but_nothing_else():
    rng = random.Random(0)
    good = wire.pack({"image": PICTURE, "n": np.int32(3), "prompt": "put", "more": [1, {"a": np.array(["x"])}]})
    refused = 0
    for number in range(6000):
        frame = bytearray(rng.randbytes(rng.randrange(100)) if number % 3 == 0 else good)
        for _ in range(rng.randrange(5) * bool(frame)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        try:
            wire.unpack(bytes(frame[: rng.randrange(len(frame) + 1)] if number % 3 == 2 else frame))
        except wire.WireError:
            refused += 1
    assert 3000 < refused < 6000
