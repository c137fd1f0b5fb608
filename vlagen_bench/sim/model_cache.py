"""The models that SAPIEN keeps in memory, and their limit."""

import ctypes
import sys
from typing import ClassVar

from sapien import render


class LoadedModels:
    """What SAPIEN has kept of the models drawn so far in this process.

    Its cache is never emptied by itself: with all 42 models of the bridge scene a process grows to 1.27 GB. Forgetting
    them all after every six keeps it under 1 GB, for some 0.1 s a reset on average.
    """

    limit = 6
    names: ClassVar[set[str]] = set()

    @classmethod
    def add(cls, names: set[str]) -> None:
        """Says which models are about to be loaded, and forgets all others first if that is too many."""
        if len(cls.names | names) > cls.limit:
            render.clear_cache(models=True, images=True, shaders=False)
            _return_memory()
            cls.names = set()
        cls.names |= names


def _return_memory() -> None:
    """Gives freed memory back to the system, where the C library can; else it stays with the process."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
