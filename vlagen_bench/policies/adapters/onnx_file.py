"""Which other files an ONNX file keeps its weights in, read without the package `onnx`.

An ONNX file is one message of Protocol Buffers (onnx/onnx, `onnx/onnx.proto`). A tensor whose numbers are elsewhere names the file as its
`location`, relative to the folder of the model. Only what leads to tensors is looked at.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from vlagen_bench.errors import PolicyError
from vlagen_bench.utils.text import shown

FIELDS = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
"""of each message, the numbers of the fields that lead to a tensor's entries, and what they hold"""
KEY, VALUE = 1, 2
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
OF_ONNXRUNTIME = b"ORTM"
"""in the bytes 4 to 8 of onnxruntime's own format, which holds all its weights"""


def weights_beside(path: Path) -> tuple[Path, ...]:
    """The other files that hold its weights, in the order of their names.

    Raises:
        PolicyError: it is no ONNX file, or names a file outside its folder or one that is not there.
    """
    data = path.read_bytes()
    if data[4:8] == OF_ONNXRUNTIME:
        return ()
    try:
        named = sorted(set(_locations(memoryview(data), "model")))
    except (ValueError, IndexError, RecursionError):
        raise PolicyError(f"onnx: {path} cannot be read: it is no ONNX file, or is damaged.") from None
    for location in named:
        pure = PurePosixPath(location.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in location:
            raise PolicyError(
                f"onnx: {path} names weights outside its folder: '{shown(location, 200)}'. Save it with its weights beside it."
            )
        if not (path.parent / location).is_file():
            raise PolicyError(
                f"onnx: {path} keeps weights in '{shown(location, 200)}', which is not beside it. Copy that file as well."
            )
    return tuple(path.parent / location for location in named)


def _locations(message: memoryview, kind: str) -> Iterator[str]:
    for number, held in _fields(message):
        inner = FIELDS[kind].get(number)
        if inner == "entry":
            entry = dict(_fields(held))
            if bytes(entry.get(KEY, b"")) == b"location":
                yield bytes(entry.get(VALUE, b"")).decode()
        elif inner is not None:
            yield from _locations(held, inner)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a message that have a length, by number; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            _, at = _varint(message, at)
            continue
        if kind not in (EIGHT_BYTES, LENGTH, FOUR_BYTES):
            raise ValueError("no field has this kind")
        size, at = _varint(message, at) if kind == LENGTH else (8 if kind == EIGHT_BYTES else 4, at)
        if at + size > len(message):
            raise ValueError("a field is longer than its message")
        if kind == LENGTH:
            yield tag >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where the next begins."""
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
