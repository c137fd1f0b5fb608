"""Images in memory that a worker and the driver share; a pipe carries everything else.

The memory has no name (memfd), so that it vanishes with its processes, whatever killed them, and no size of /dev/shm
limits it.
"""

import mmap
import os
import pickle
import struct
from multiprocessing import reduction
from typing import Any


class SharedImages:
    """Memory that one process writes and another reads, in turn. It grows as needed, and can be sent to a child."""

    def __init__(self) -> None:
        self._file = os.memfd_create("vlagen-images")
        self._memory: mmap.mmap | None = None

    def __getstate__(self) -> Any:
        return reduction.DupFd(self._file)

    def __setstate__(self, file: Any) -> None:
        self._file, self._memory = file.detach(), None

    def packed(self, value: Any) -> bytes:
        """The message that stands for `value`; the content of its arrays is put into the memory."""
        buffers: list[pickle.PickleBuffer] = []
        rest = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        views = [buffer.raw() for buffer in buffers]
        sizes = [view.nbytes for view in views]
        if sum(sizes):
            memory, start = self._at_least(sum(sizes)), 0
            for view, size in zip(views, sizes, strict=True):
                memory[start : start + size] = view
                start += size
        return struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes) + rest

    def unpacked(self, message: bytes) -> Any:
        """The value, its arrays copied, so that the memory may be written again."""
        (number,) = struct.unpack_from("<I", message)
        sizes = struct.unpack_from(f"<{number}Q", message, 4)
        copies, start = [], 0
        if sum(sizes):
            with memoryview(self._at_least(sum(sizes))) as memory:
                for size in sizes:
                    copies.append(bytearray(memory[start : start + size]))
                    start += size
        return pickle.loads(memoryview(message)[4 + 8 * number :], buffers=copies)

    def _at_least(self, size: int) -> mmap.mmap:
        if self._memory is None or len(self._memory) < size:
            if os.fstat(self._file).st_size < size:
                os.ftruncate(self._file, size)
            if self._memory is not None:
                self._memory.close()
            self._memory = mmap.mmap(self._file, os.fstat(self._file).st_size)
        return self._memory

    def close(self) -> None:
        """Gives this process's part back."""
        if self._memory is not None:
            self._memory.close()
        os.close(self._file)
