"""The models that SAPIEN keeps in memory, and their limit."""

from typing import ClassVar

from sapien import render

from vlagen_bench.utils.processes import return_memory


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
            return_memory()
            cls.names = set()
        cls.names |= names
