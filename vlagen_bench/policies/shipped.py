"""The weights that are shipped with this package: files of the reference policies, which a checkout has or has not."""

from collections.abc import Iterable
from pathlib import Path

from vlagen_bench.utils import paths

REFERENCE = ("reference-sft", "reference-ppo")
"""built-in policies that need a file of weights"""


def folder() -> Path:
    """Where the weights lie: among the shipped assets."""
    return paths.shipped_assets_dir() / "policies"


def weights_of(name: str) -> Path:
    """The file of a reference policy, whether it is there or not."""
    return folder() / f"{name}.safetensors"


def playable(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the built-in policies that can be played here: a reference policy only if its file is shipped."""
    return tuple(name for name in names if name not in REFERENCE or weights_of(name).is_file())
