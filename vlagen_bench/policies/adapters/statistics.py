"""Statistics of data sets as checkpoints hold them: OpenVLA's `dataset_statistics.json`, and `norm_stats` in its `config.json`.

Which statistics undo a model's normalisation is never guessed. They come from a file that the user names, from the checkpoint's own
files (in its folder or on the Hub), or are those that this package ships for the few checkpoints that are known to have them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.checkpoints import SmallFiles, read_json, small_files
from vlagen_bench.policies.adapters.datasets import OPENVLA_7B, published_statistics
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.utils.text import shown

FILES = ("dataset_statistics.json", "config.json")
"""of a checkpoint; the first that holds any says what it was trained on last, the other what it knew before"""
PUBLISHED = "published"
"""what the user writes in place of a file, for those of OpenVLA 7B"""
LARGEST = 1e9
NUMBERS = ("q01", "q99", "mean", "std", "min", "max")
ELSE = f"Give its file: statistics=dataset_statistics.json, or statistics={PUBLISHED} for those of {OPENVLA_7B}."


@dataclass(frozen=True, kw_only=True)
class KeyedStatistics:
    """Statistics of actions, by key."""

    actions: Mapping[str, Statistics]
    source: str
    """where they come from, for sentences"""
    own: tuple[str, ...] = ()
    """the keys of what the checkpoint was trained on last"""
    base: bool = False
    """whether the checkpoint was trained on all of them, so that the robot says which is meant"""
    commit: str | None = None
    """of the Hub, where they come from there"""
    faults: Mapping[str, str] = field(default_factory=dict)
    """by key, why what stands there are no statistics"""

    def of_actions(self, key: str) -> Statistics:
        """Those of a key; raises `PolicyError` with what there is."""
        if key in self.faults:
            raise PolicyError(self.faults[key])
        if key not in self.actions:
            where = f"Of {self.source}, the statistics"
            raise PolicyError(
                f"unnorm_key: {unknown('key', key, self.actions, of=where)} Another file: statistics=dataset_statistics.json"
            )
        return self.actions[key]

    def key_for(self, named: str | None, robots: str = "") -> str:
        """The key by which a model's answers are normalised.

        Args:
            named: by the user.
            robots: the key of the data that were recorded with the scene's robot.

        Raises:
            PolicyError: there is no such key, or there are several and nothing says which.
        """
        if named is not None:
            self.of_actions(named)
            return named
        if len(self.own) == 1:
            self.of_actions(self.own[0])
            return self.own[0]
        if self.base and robots in self.actions:
            return robots
        there = ", ".join(sorted(self.own)[:40])
        raise PolicyError(
            f"unnorm_key: {self.source} has the statistics of {len(self.own)} data sets, and nothing says which of them the answers "
            f"are normalised by. Name it: unnorm_key=KEY. There are: {there}."
        )


def statistics_for(checkpoint: str, file: str | None = None, revision: str | None = None) -> KeyedStatistics:
    """The statistics of a checkpoint: of the file that the user names, of its own files, or those shipped for it.

    Args:
        checkpoint: a folder, a name of the Hub, or nothing, which stands for OpenVLA 7B.
        file: a path, or `published`.
        revision: of the Hub.

    Raises:
        PolicyError: there are none, or they cannot be read.
    """
    if file not in (None, PUBLISHED):
        return read_statistics(Path(str(file)))
    named = OPENVLA_7B if file == PUBLISHED or not checkpoint else checkpoint
    shipped = published_statistics(named)
    if shipped and (file == PUBLISHED or not Path(named).is_dir()):
        return KeyedStatistics(actions=shipped, source=f"what {named} published", own=tuple(shipped), base=True)
    return held_by(small_files(checkpoint, FILES, revision=revision, else_=ELSE))


def held_by(files: SmallFiles) -> KeyedStatistics:
    """Those in a checkpoint's own files."""
    every = [_by_key(content) for content in files.contents.values()]
    if not any(every):
        raise PolicyError(f"statistics: {files.source} has none, neither in {' nor in '.join(FILES)}. {ELSE}")
    own = next(one for one in every if one)
    merged = {key: value for one in reversed(every) for key, value in one.items()}
    return _keyed(merged, files.source, tuple(own), files.commit)


def read_statistics(path: Path) -> KeyedStatistics:
    """The statistics in a file of OpenVLA's form: `norm_stats`, or by key, each with `action`."""
    try:
        content = read_json(path)
    except PolicyError as error:
        raise PolicyError(f"statistics: {error}") from None
    held = _by_key(content)
    if not held:
        raise PolicyError(
            f"statistics: {path} holds no statistics by key, each with 'action' and its q01 and q99. A checkpoint's "
            f"dataset_statistics.json or config.json does."
        )
    return _keyed(held, str(path), tuple(held), None)


def _keyed(
    held: Mapping[str, Mapping[str, Any]], source: str, own: tuple[str, ...], commit: str | None
) -> KeyedStatistics:
    """What was read, each key for itself: a fault in one of many data sets is said where that one is asked for."""
    actions: dict[str, Statistics] = {}
    faults: dict[str, str] = {}
    for key, value in held.items():
        try:
            actions[key] = statistics_of(value["action"], f"the actions of '{shown(key, 60)}' in {source}")
        except PolicyError as error:
            faults[key] = str(error)
    return KeyedStatistics(actions=actions, source=source, own=own, commit=commit, faults=faults)


def _by_key(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What a file holds of actions, by key, as it stands there."""
    given = content.get("norm_stats") or content
    if not isinstance(given, Mapping):
        return {}
    return {key: value for key, value in given.items() if isinstance(value, Mapping) and "action" in value}


def statistics_of(given: Any, where: str) -> Statistics:
    """Statistics that were read: finite numbers, as many under each name, and in order; raises `PolicyError` for others."""
    if not isinstance(given, Mapping):
        raise PolicyError(f"statistics: {where}: a mapping with q01 and q99 is expected, not a {type(given).__name__}.")
    lengths = {}
    for name in (*NUMBERS, "mask"):
        values = given.get(name)
        if values is None:
            continue
        if not isinstance(values, list) or not values or not all(_is_right(name, value) for value in values):
            kind = "true or false" if name == "mask" else "finite numbers"
            raise PolicyError(f"statistics: {where}: {name} has to be a list of {kind}.")
        lengths[name] = len(values)
    if not lengths or set(lengths) == {"mask"} or len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {count}" for name, count in lengths.items())
        raise PolicyError(f"statistics: {where}: as many numbers are expected under each name, not {counts or 'none'}.")
    for low, high in (("q01", "q99"), ("min", "max")):
        if low in lengths and high in lengths and any(a > b for a, b in zip(given[low], given[high], strict=True)):
            raise PolicyError(f"statistics: {where}: a number of {low} is larger than that of {high}.")
    return Statistics.of(given)


def _is_right(name: str, value: Any) -> bool:
    if name == "mask":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST
