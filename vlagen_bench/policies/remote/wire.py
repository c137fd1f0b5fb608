"""The encoding of messages: MessagePack maps with arrays in openpi's notation, which never carry code.

A message is one binary WebSocket frame: a MessagePack map whose keys are strings. Its values are nil, booleans, numbers,
strings, bytes, lists, maps, and numpy arrays and scalars, written as maps whose keys are bytes:

    np.float32([[1, 2]])  ->  {b"__ndarray__": True, b"data": <8 bytes, C order>, b"dtype": "<f4", b"shape": [1, 2]}
    np.float32(1)         ->  {b"__npgeneric__": True, b"data": 1.0, b"dtype": "<f4"}

That is the notation of openpi-client 0.1.2 (`openpi_client/msgpack_numpy.py`). Nothing is ever unpickled: a dtype is a
boolean, an integer, a float or text, and an array has exactly the bytes that its shape and dtype need.
"""

import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgpack
import numpy as np

from vlagen_bench.utils.text import shown

MAX_FRAME_BYTES = 64 * 2**20
"""of one message, either way: some 70 pictures of 640x480"""
KINDS = "biufSU"
"""bool, int, unsigned, float, bytes, text; as `numpy.dtype.kind`"""
MAX_DIMENSIONS = 32
MAX_ITEMS = 100_000
"""of a list or map, and lists and maps of a message; numbers in plenty are arrays"""
MAX_DEPTH = 32
"""of lists and maps in each other"""
_DTYPE = re.compile(rf"[<>|=]?[{KINDS}][1-9][0-9]{{0,8}}")


class WireError(ValueError):
    """Bytes that are no message, or a value that no message can carry."""


def pack(message: Mapping[str, Any]) -> bytes:
    """The frame of a message; raises `WireError` for a value that cannot travel, and for too large a frame."""
    try:
        frame = msgpack.packb(dict(message), default=_notation)
    except (ValueError, TypeError, OverflowError) as error:
        raise WireError(f"this cannot be sent: {error}") from None
    if len(frame) > MAX_FRAME_BYTES:
        raise WireError(f"a message of {len(frame)} bytes is too large; {MAX_FRAME_BYTES} are allowed")
    return frame


def unpack(frame: bytes) -> dict[str, Any]:
    """The message of a frame, its arrays writable and its own; raises `WireError` for anything else."""
    if len(frame) > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {len(frame)} bytes is too large; {MAX_FRAME_BYTES} are allowed")
    containers = _Containers()
    try:
        message = msgpack.unpackb(
            frame, object_hook=containers.read_map, list_hook=containers.read_list, ext_hook=_refuse,
            max_array_len=MAX_ITEMS, max_map_len=MAX_ITEMS,
        )  # fmt: skip
    except WireError:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError, msgpack.UnpackException) as error:
        raise WireError(f"this is not MessagePack: {shown(error, 200) or type(error).__name__}") from None
    if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
        raise WireError("the frame holds no map with strings as keys")
    return message


class _Containers:
    """Counts lists and maps as they are read: a small frame could hold millions, or a depth that nothing can show."""

    def __init__(self) -> None:
        self._count = 0
        self._depths: dict[int, int] = {}
        """of those that are in no other yet, by identity"""

    def read_map(self, mapping: dict[Any, Any]) -> Any:
        value = _value(mapping)
        if value is mapping:
            if not all(isinstance(key, str) for key in mapping):
                raise WireError("a map needs keys that are strings")
            self._enter(mapping, mapping.values())
        return value

    def read_list(self, items: list[Any]) -> list[Any]:
        self._enter(items, items)
        return items

    def _enter(self, container: Any, items: Iterable[Any]) -> None:
        self._count += 1
        depth = 1 + max((self._depths.pop(id(item), 0) for item in items if type(item) in (list, dict)), default=0)
        if self._count > MAX_ITEMS or depth > MAX_DEPTH:
            raise WireError(
                f"there are more than {MAX_ITEMS} lists and maps, or they are nested deeper than {MAX_DEPTH}"
            )
        self._depths[id(container)] = depth


def _notation(value: Any) -> dict[bytes, Any]:
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in KINDS:
        what = f"an array of dtype {value.dtype}" if hasattr(value, "dtype") else f"a {type(value).__name__}"
        raise TypeError(f"{what} is neither a number nor text")
    if isinstance(value, np.ndarray):
        return {
            b"__ndarray__": True,
            b"data": value.tobytes(),
            b"dtype": value.dtype.str,
            b"shape": value.shape,
        }
    return {b"__npgeneric__": True, b"data": value.item(), b"dtype": value.dtype.str}


def _value(mapping: dict[Any, Any]) -> Any:
    if b"__ndarray__" in mapping:
        return _array(mapping.get(b"data"), _dtype(mapping.get(b"dtype")), mapping.get(b"shape"))
    if b"__npgeneric__" in mapping:
        return _scalar(mapping.get(b"data"), _dtype(mapping.get(b"dtype")))
    return mapping


def _dtype(text: Any) -> np.dtype:
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise WireError(f"{_short(text)} is not a dtype of numbers or text, such as '<f4' or '|u1'")
    try:
        return np.dtype(text)
    except (TypeError, ValueError, OverflowError):
        raise WireError(f"{_short(text)} is a dtype that numpy does not know") from None


def _array(data: Any, dtype: np.dtype, shape: Any) -> np.ndarray:
    if not isinstance(data, bytes) or not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise WireError("an array needs its data as bytes, and a shape")
    if not all(type(length) is int and 0 <= length <= MAX_FRAME_BYTES for length in shape):
        raise WireError(f"{_short(shape)} is not a shape")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise WireError(f"an array of shape {tuple(shape)} and dtype {dtype} does not have {len(data)} bytes")
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _scalar(data: Any, dtype: np.dtype) -> np.generic:
    if not isinstance(data, bool | int | float | str | bytes):
        raise WireError(f"{_short(data)} is not a scalar")
    try:
        with np.errstate(all="ignore"):  # what is too large becomes infinity, whatever numpy shall raise here
            return dtype.type(data)
    except (ValueError, TypeError, OverflowError):
        raise WireError(f"{_short(data)} is not a scalar of dtype {dtype}") from None


def _refuse(code: int, data: bytes) -> Any:
    raise WireError(f"the extension type {code} of MessagePack is not used here")


def _short(value: Any) -> str:
    return reprlib.repr(value)[:80]  # which is not as deep as the value may be
