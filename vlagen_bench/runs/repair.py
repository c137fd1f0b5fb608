"""The repair of a run folder: attempts whose actions are lost become errors; what is repaired is said."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from vlagen_bench.runs import episodes
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.runs.lock import locked


def give_up_lost(path: Path, check: Callable[[episodes.RecordedRun], Any]) -> frozenset[str]:
    """Lets each result whose actions are lost or damaged be an error of that attempt, which says what it had ended as.

    Args:
        path: the run folder.
        check: raises where it is of another run, which is left alone.

    Returns:
        The episodes.
    """
    with locked(path / episodes.RESULTS):
        if not episodes.is_used(path):
            return frozenset()
        old = episodes.records(path)
        check(old)
        lost = frozenset(old.unreadable())
        if lost:
            write_atomically(path / episodes.RESULTS, "".join(_lines(old, lost)))
        return lost


def _lines(run: episodes.RecordedRun, lost: Collection[str]) -> Iterator[str]:
    for line in episodes.complete_lines(run.path / episodes.RESULTS)[0]:
        record = json.loads(line)
        if record["id"] in lost and record["outcome"] != "error":
            said = f"lost: the actions of this attempt, which had ended as {record['outcome']}, so that it was played again"
            record |= {"outcome": "error", "success_once": None, "success_at_end": None}
            record |= {"error": f"{said} (--retry-lost)."}
        yield json.dumps(record, sort_keys=True, allow_nan=False) + "\n"


def repairs(run: episodes.RecordedRun, lost: Collection[str]) -> Iterator[str]:
    """What resuming a run repairs, a sentence each."""
    file = run.path / episodes.RESULTS
    if run.torn:
        yield f"The last line of {file} was not complete ({run.torn} bytes) and is removed: its episode is played again."
    if lost:
        yield (
            f"The actions of {len(lost)} episodes are lost or damaged, so they are played again. What they had ended as stays "
            f"in {file}, as an error of that attempt."
        )
