"""Does a submission have every episode of the plan, once, whole and in itself consistent? Lines beside the plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vlagen_bench.errors import VlagenError
from vlagen_bench.leaderboard.limits import RECORD_BYTES, Refused
from vlagen_bench.leaderboard.plain import parse, shown
from vlagen_bench.nouns import Episode, Plan, Task, canonical_json
from vlagen_bench.strict import build
from vlagen_bench.takes import Record

FILE = "episodes.jsonl"
METRICS = 40
"""kinds of them; there are 17"""


def read(data: bytes, plan: Plan, task: Task) -> list[Record]:
    """The records, one for each episode of the plan, in its order; raises `Refused` that says which line is wrong."""
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Refused(f"{FILE} breaks off in its last line: it is truncated.")
    if len(lines) > 2 * len(plan.episodes):
        raise Refused(f"{FILE} has {len(lines)} lines, and the plan has {len(plan.episodes)} episodes.")
    found = [parse(line, f"{FILE}, line {number}", RECORD_BYTES) for number, line in enumerate(lines, 1)]
    _check_ids([one.get("id") if isinstance(one, dict) else None for one in found], plan)
    return [
        _record(content, episode, task, f"{FILE}, line {number}")
        for number, (content, episode) in enumerate(zip(found, plan.episodes, strict=True), 1)
    ]


def _check_ids(ids: Sequence[Any], plan: Plan) -> None:
    for number, name in enumerate(ids, 1):
        if not isinstance(name, str) or name not in plan.by_id:
            raise Refused(f"{FILE}, line {number} is of '{shown(str(name))}', which is no episode of the plan.")
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise Refused(f"{FILE} has the episode {twice[0]} {ids.count(twice[0])} times. Every episode counts once.")
    if missing := [episode.id for episode in plan.episodes if episode.id not in set(ids)]:
        raise Refused(
            f"{FILE} lacks {len(missing)} of {len(plan.episodes)} episodes, {missing[0]} among them. Leaving out "
            f"episodes changes a score; run them, by repeating the command."
        )
    if list(ids) != list(plan.by_id):
        raise Refused(f"{FILE} has the episodes in another order than the plan. Submit what `submit` wrote.")


def _record(content: Mapping[str, Any], episode: Episode, task: Task, where: str) -> Record:
    try:
        record = build(Record, content, where)
    except VlagenError as error:
        raise Refused(shown(str(error), 400)) from None
    for key, right in episode.to_dict().items():
        if canonical_json(record.of()[key]) != canonical_json(right):
            raise Refused(f"{where}: '{key}' is not that of the episode {episode.id} in the plan: it was edited.")
    _check_outcome(record, where)
    _check_steps(record, task, where)
    if len(record.metrics) > METRICS or any(isinstance(value, dict | list) for value in record.metrics.values()):
        raise Refused(f"{where}: the metrics are at most {METRICS} plain values.")
    return record


def _check_outcome(record: Record, where: str) -> None:
    if record.outcome == "error" or record.error is not None:
        raise Refused(
            f"{where}: the episode ended as an error, which is no result. Run it again: the same command, with --retry-errors"
        )
    if record.success_at_end is None or record.success_once is None:
        raise Refused(f"{where}: whether it succeeded is not said.")
    if (record.outcome == "success") != record.success_at_end:
        raise Refused(f"{where}: the outcome is '{record.outcome}', but success_at_end says otherwise.")
    if record.success_at_end and not record.success_once:
        raise Refused(f"{where}: it succeeded at the end, but success_once says that it never did.")


def _check_steps(record: Record, task: Task, where: str) -> None:
    early = task.ends_on_success and record.success_at_end
    if not (1 if early else task.max_steps) <= record.steps <= task.max_steps:
        raise Refused(
            f"{where}: {record.steps} steps are recorded, and an episode of {task.name} with this outcome has "
            f"{'at most ' if early else ''}{task.max_steps}."
        )
