"""The binary form of a submission's long members: columns of numbers, and xz with a known size limit."""

import lzma
from collections.abc import Sequence

import numpy as np

from vlagen_bench.leaderboard.limits import XZ_MEMORY_BYTES, Refused

PRESET = 6
ACTION_BYTES, STATE_BYTES = 4, 8


def shrink(data: bytes) -> bytes:
    """As one xz stream."""
    return lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=PRESET)


def expand(data: bytes, name: str, limit: int) -> bytes:
    """What one xz stream holds; raises `Refused` if it is none, holds more than `limit` bytes, or is followed by others."""
    stream = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)
    try:
        content = stream.decompress(data, max_length=limit + 1)
        # With all of its output out, a stream may still have to read its end.
        if len(content) <= limit and not stream.eof and not stream.needs_input:
            content += stream.decompress(b"", max_length=limit + 1 - len(content))
    except (lzma.LZMAError, EOFError, MemoryError) as error:
        raise Refused(f"The member '{name}' is not an xz stream, or is damaged: {error}.") from None
    if len(content) > limit:
        raise Refused(f"The member '{name}' holds more than the {limit} bytes that the plan's episodes can take.")
    if not stream.eof:
        raise Refused(f"The member '{name}' breaks off: it is truncated.")
    if stream.unused_data:
        raise Refused(f"The member '{name}' has {len(stream.unused_data)} bytes after its end.")
    return content


def actions_to_bytes(actions: Sequence[np.ndarray]) -> bytes:
    """Actions float32 (T, D) of one episode after the other, column by column: a column's values resemble each other."""
    taken = [one for one in actions if len(one)]
    return np.concatenate(taken).astype("<f4", casting="no").T.tobytes() if taken else b""


def actions_from_bytes(data: bytes, steps: Sequence[int], dim: int) -> list[np.ndarray]:
    """The inverse, given how many steps each episode has, and an action numbers; raises `Refused` for another length, NaN or infinity."""
    total = sum(steps)
    if len(data) != total * dim * ACTION_BYTES:
        raise Refused(
            f"The actions take {len(data)} bytes, and {total} recorded steps of {dim} float32 take "
            f"{total * dim * ACTION_BYTES}: an episode has too many, or too few, or other numbers."
        )
    table = np.frombuffer(data, "<f4").reshape(dim, total).T.astype(np.float32)
    if not np.isfinite(table).all():
        row = int(np.argmin(np.isfinite(table).all(axis=1)))
        raise Refused(f"The action in row {row} is NaN or infinite. No policy may return that.")
    return np.split(table, np.cumsum(steps)[:-1])


def states_to_bytes(hashes: Sequence[Sequence[str]]) -> bytes:
    """The state hashes of one episode after the other, 8 bytes each; nothing could make them shorter."""
    return np.array([int(digest, 16) for episode in hashes for digest in episode], "<u8").tobytes()


def states_from_bytes(data: bytes, steps: Sequence[int]) -> list[tuple[str, ...]]:
    """The inverse, 16 hex digits each: of every episode one state more than steps."""
    total = sum(steps) + len(steps)
    if len(data) != total * STATE_BYTES:
        raise Refused(f"The states take {len(data)} bytes, and {total} hashes of states take {total * STATE_BYTES}.")
    texts = iter(f"{int(value):016x}" for value in np.frombuffer(data, "<u8"))
    return [tuple(next(texts) for _ in range(count + 1)) for count in steps]
