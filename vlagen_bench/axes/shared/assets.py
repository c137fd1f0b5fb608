"""The base class of the axes that choose one asset of the scene's pack."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from vlagen_bench.axes.base import Draft, PoolAxis
from vlagen_bench.packs.manifest import Splits


@dataclass(frozen=True, kw_only=True)
class AssetAxis(PoolAxis):
    """The id of one asset of a list of the pack, from one split."""

    stage: ClassVar = "build"
    listed: ClassVar[Literal["objects", "receptacles", "tables"]]
    """the list of the pack that is drawn from"""
    shows: ClassVar = True
    settings: ClassVar = {"test": {"split": "test"}}
    measure: ClassVar = "picture"

    split: Splits = "train"

    def _ids(self, draft: Draft) -> tuple[str, ...]:
        return tuple(asset.id for asset in draft.pack.split(self.listed, self.split))

    def size(self, draft: Draft) -> int:
        return len(self._ids(draft))

    def pick(self, index: int, draft: Draft) -> str:
        return self._ids(draft)[index]
