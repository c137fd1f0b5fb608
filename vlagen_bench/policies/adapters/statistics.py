"""Statistics of data sets as checkpoints hold them: OpenVLA's `config.json` and `dataset_statistics.json`, LeRobot's `stats.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.datasets import published_statistics
from vlagen_bench.policies.conversion.normalisation import Statistics
from vlagen_bench.utils.text import one_line

FILES = ("dataset_statistics.json", "config.json")
"""in a checkpoint's folder, the first that holds any"""


@dataclass(frozen=True, kw_only=True)
class KeyedStatistics:
    """Statistics of actions and of states, by key."""

    actions: Mapping[str, Statistics]
    states: Mapping[str, Statistics]
    source: str
    """where they come from, for sentences"""

    def of_actions(self, key: str) -> Statistics:
        """Those of a key; raises `PolicyError` with what there is."""
        if key not in self.actions:
            where = f"Of {self.source}, the statistics"
            raise PolicyError(
                f"unnorm_key: {unknown('key', key, self.actions, of=where)} Another file: statistics=dataset_statistics.json"
            )
        return self.actions[key]


def statistics_for(checkpoint: str, file: str | None = None) -> KeyedStatistics:
    """What is known of a checkpoint's data: of the file, of its folder, or as published where it is not on this machine.

    Raises:
        PolicyError: the file cannot be read, or holds none.
    """
    if file is not None:
        return read_statistics(Path(file))
    for name in FILES:
        path = Path(checkpoint) / name
        if checkpoint and path.is_file() and _held(_json(path)):
            return read_statistics(path)
    return KeyedStatistics(actions=published_statistics(), states={}, source="what is published")


def read_statistics(path: Path) -> KeyedStatistics:
    """The statistics in a file of OpenVLA's form: `norm_stats`, or by key, each with `action` and perhaps `proprio`."""
    held = _held(_json(path))
    if not held:
        raise PolicyError(
            f"statistics: {path} holds no statistics by key, each with 'action' and its q01 and q99. A checkpoint's "
            f"dataset_statistics.json or config.json does."
        )
    return KeyedStatistics(
        actions={key: Statistics.of(value["action"]) for key, value in held.items()},
        states={key: Statistics.of(value["proprio"]) for key, value in held.items() if "proprio" in value},
        source=str(path),
    )


def _held(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        return {}
    given = content.get("norm_stats") or content
    return {
        key: value for key, value in given.items() if isinstance(value, dict) and isinstance(value.get("action"), dict)
    }


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PolicyError(f"statistics: {path} cannot be read: {one_line(error)}.") from None
