"""The records of a submission, checked against the plan: every episode once, complete and consistent."""

from collections import Counter
from collections.abc import Sequence

from vlagen_bench.errors import VlagenError
from vlagen_bench.leaderboard.limits import RECORD_BYTES, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.runs.records import EpisodeRecord
from vlagen_bench.types import Plan, Task, canonical_json
from vlagen_bench.utils.parsing import build

FILE = "episodes.jsonl"
PLAIN = 40
"""metrics, or timings, of an episode; there are 17 and 6"""


def read(data: bytes, plan: Plan, task: Task) -> list[EpisodeRecord]:
    """The records, one for each episode of the plan, in its order; raises `Refused` that says which line is wrong."""
    if data and not data.endswith(b"\n"):
        raise Refused(f"{FILE} breaks off in its last line: it is truncated.")
    if (count := data.count(b"\n")) > 2 * len(plan.episodes):  # counted before they are split, which takes memory
        raise Refused(f"{FILE} has {count} lines, and the plan has {len(plan.episodes)} episodes.")
    records = [
        _record(line, plan, task, f"{FILE}, line {number}") for number, line in enumerate(data.split(b"\n")[:-1], 1)
    ]
    _check_ids([record.id for record in records], plan)
    return records


def _check_ids(ids: Sequence[str], plan: Plan) -> None:
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise Refused(f"{FILE} has the episode {twice[0]} {ids.count(twice[0])} times. Every episode counts once.")
    if missing := [episode.id for episode in plan.episodes if episode.id not in set(ids)]:
        raise Refused(
            f"{FILE} lacks {len(missing)} of {len(plan.episodes)} episodes, {missing[0]} among them. Leaving out "
            f"episodes changes a score; run them, by repeating the command."
        )
    if list(ids) != list(plan.by_id):
        raise Refused(f"{FILE} has the episodes in another order than the plan. Submit what `submit` wrote.")


def _record(line: bytes, plan: Plan, task: Task, where: str) -> EpisodeRecord:
    content = parse(line, where, RECORD_BYTES)
    name = content.get("id") if isinstance(content, dict) else None
    if not isinstance(name, str) or name not in plan.by_id:
        raise Refused(f"{where} is of '{shown(str(name))}', which is not an episode of the plan.")
    try:
        record = build(EpisodeRecord, content, where)
    except VlagenError as error:
        raise Refused(shown(str(error), 400)) from None
    for key, right in plan.by_id[name].to_dict().items():
        if canonical_json(record.of()[key]) != canonical_json(right):
            raise Refused(f"{where}: '{key}' is not that of the episode {name} in the plan: it was edited.")
    _check_outcome(record, where)
    _check_steps(record, task, where)
    for key, values in (("metrics", record.metrics), ("timings", record.timings)):
        if len(values) > PLAIN or any(isinstance(value, dict | list) for value in values.values()):
            raise Refused(f"{where}: the {key} are at most {PLAIN} plain values.")
    return record


def _check_outcome(record: EpisodeRecord, where: str) -> None:
    if record.outcome == "error" or record.error is not None:
        raise Refused(
            f"{where}: the episode ended as an error, which is not a result. Run it again: the same command, with --retry-errors"
        )
    if record.success_at_end is None or record.success_once is None:
        raise Refused(f"{where}: whether it succeeded is not said.")
    if (record.outcome == "success") != record.success_at_end:
        raise Refused(f"{where}: the outcome is '{record.outcome}', but success_at_end says otherwise.")
    if record.success_at_end and not record.success_once:
        raise Refused(f"{where}: it succeeded at the end, but success_once says that it never did.")


def _check_steps(record: EpisodeRecord, task: Task, where: str) -> None:
    early = task.ends_on_success and record.success_at_end
    if not (1 if early else task.max_steps) <= record.steps <= task.max_steps:
        raise Refused(
            f"{where}: {record.steps} steps are recorded, and an episode of {task.name} with this outcome has "
            f"{'at most ' if early else ''}{task.max_steps}."
        )
