"""The base of adapters whose checkpoint is one file: the file, and its hash as the version of the weights."""

from pathlib import Path

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Adapter
from vlagen_bench.utils.locations import sha256


class FileAdapter(Adapter):
    """A model in a file."""

    REST = "FILE"

    def file(self) -> Path:
        """The file; raises `PolicyError` where there is none."""
        path = Path(self.checkpoint)
        if not path.is_file():
            raise PolicyError(f"{self.NAME}: there is no file '{path}'.")
        return path

    def version(self) -> str | None:
        """The hash of the file."""
        path = Path(self.checkpoint)
        return sha256(path)[:16] if path.is_file() else None
