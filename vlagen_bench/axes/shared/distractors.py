"""The choice and the placement of a distractor, for the two distractor axes."""

from typing import Any, Literal

from vlagen_bench.axes.base import Draft
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs.manifest import Splits

Kind = Literal["objects", "receptacles"]
Counting = Literal["others", "offset_twice"]
"""others: the split's assets after the target, round and round, never the target itself. offset_twice: as the released
code of Liu et al. counts (put_on_in_scene_multi.py, lines 1776-1778), where the place of the split in the whole list is
added before the modulus and again after it, so that one in eight distractors is the target."""

ASKED = {"objects": "object", "receptacles": "receptacle"}
"""kind -> the axis that says which one is asked for"""


def pool_size(draft: Draft, kind: Kind, split: Splits, counting: Counting, *, with_target: bool) -> int:
    """How many distractors there are for one target.

    `with_target`, whether the target comes from this split too, speaks where the target is not known: official ids
    are counted before anything is drawn, and `offset_twice` counts so always.
    """
    ids = [asset.id for asset in draft.pack.split(kind, split)]
    target = draft.values.get(ASKED[kind])
    if target is None or counting == "offset_twice":
        return len(ids) - with_target
    if ids in ([], [target]):
        raise ConfigError(
            f"The pack '{draft.pack.name}' has no other {ASKED[kind]} than {target} in its split '{split}'. "
            f"Choose another split for the distractor."
        )
    return len(ids) - (target in ids)


def other(draft: Draft, kind: Kind, split: Splits, target: str, index: int, counting: Counting) -> str:
    """The id of distractor number `index` for a target."""
    ids = [asset.id for asset in draft.pack.split(kind, split)]
    every = [asset.id for asset in getattr(draft.pack, kind)]
    if counting == "offset_twice":
        return ids[(every.index(target) + index + 1) % len(ids)]
    return ids[(ids.index(target) + index + 1) % len(ids)] if target in ids else ids[index]


def third_place(draft: Draft) -> dict[str, Any]:
    """The free third place, and the height that things fall from there, if it is given."""
    position = draft.values["position"]
    if "third" not in position:
        raise ConfigError(
            "A distractor needs a third place: add 'position: {third: source}' (or target) under `shared`."
        )
    height_m = position.get("drop_m", {}).get("third")
    return {"xy_m": position["third"]} | ({} if height_m is None else {"drop_m": height_m})
