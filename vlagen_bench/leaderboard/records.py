"""The records of a submission, checked against the plan: every episode with a result, after all attempts at it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from vlagen_bench.errors import VlagenError
from vlagen_bench.leaderboard.limits import ATTEMPTS_AT_ONE, ATTEMPTS_SHARE, RECORD_BYTES, Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.runs.records import EpisodeRecord
from vlagen_bench.types import Plan, Task, canonical_json
from vlagen_bench.utils.parsing import build

FILE = "episodes.jsonl"
MEND = "An error that is repeated is a second chance. Correct what fails, and run the suite again in a new folder: --out DIR"
PLAIN = 40
"""metrics, or timings, of an episode; there are 26 and 6"""


def most_attempts(episodes: int) -> int:
    """How many attempts a submission of so many episodes may have."""
    return math.ceil(episodes * ATTEMPTS_SHARE)


def read(data: bytes, plan: Plan, task: Task) -> tuple[list[EpisodeRecord], Mapping[str, int]]:
    """The result of each episode of the plan, in its order, and how many attempts there were at each.

    Raises:
        Refused: a line is wrong, which is said; or episodes were tried more often than is allowed.
    """
    if data and not data.endswith(b"\n"):
        raise Refused(f"{FILE} breaks off in its last line: it is truncated.")
    if (count := data.count(b"\n")) > 2 * len(plan.episodes):  # counted before they are split, which takes memory
        raise Refused(
            f"{FILE} has {count} lines, and the plan has {len(plan.episodes)} episodes: at most "
            f"{most_attempts(len(plan.episodes))} attempts at them are ranked. {MEND}"
        )
    records = [
        _record(line, plan, task, f"{FILE}, line {number}") for number, line in enumerate(data.split(b"\n")[:-1], 1)
    ]
    results = _results(records)
    _check_ids([record.id for record in results], plan)
    attempts: Counter[str] = Counter()
    for record in records:
        attempts[record.id] += 1 + record.restarts
    _check_attempts(attempts)
    return results, attempts


def _results(records: Sequence[EpisodeRecord]) -> list[EpisodeRecord]:
    """Those that count. The errors before the result of an episode are attempts at it, and have to be followed by it."""
    for number, (record, following) in enumerate(pairwise([*records, None]), 1):
        if record is not None and record.outcome == "error" and (following is None or following.id != record.id):
            raise Refused(
                f"{FILE}, line {number}: the episode ended as an error, which is not a result. Run it again: the same "
                f"command, with --retry-errors"
            )
    return [record for record in records if record.outcome != "error"]


def _check_attempts(attempts: Mapping[str, int]) -> None:
    total, most = sum(attempts.values()), most_attempts(len(attempts))
    name = max(attempts, key=lambda key: attempts[key])
    if total <= most and attempts[name] <= ATTEMPTS_AT_ONE:
        return
    which = (
        f"{len(attempts)} episodes were tried {total} times, and at most {most} attempts are ranked"
        if total > most
        else f"the episode {name} was tried {attempts[name]} times, and at most {ATTEMPTS_AT_ONE} attempts are ranked"
    )
    raise Refused(f"{FILE}: {which}. {MEND}")


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
    if not 0 <= record.restarts <= PLAIN:
        raise Refused(f"{where}: {record.restarts} restarts are not possible.")
    _check_outcome(record, where)
    _check_steps(record, task, where)
    for key, values in (("metrics", record.metrics), ("timings", record.timings)):
        if len(values) > PLAIN or any(isinstance(value, dict | list) for value in values.values()):
            raise Refused(f"{where}: the {key} are at most {PLAIN} plain values.")
    return record


def _check_outcome(record: EpisodeRecord, where: str) -> None:
    if record.outcome == "error":
        if record.error is None or (record.success_once, record.success_at_end) != (None, None):
            raise Refused(f"{where}: the outcome is 'error', but it says a success flag, or no error.")
        return
    if record.error is not None:
        raise Refused(f"{where}: the outcome is '{record.outcome}', but there is an error.")
    if record.success_at_end is None or record.success_once is None:
        raise Refused(f"{where}: whether it succeeded is not said.")
    if (record.outcome == "success") != record.success_at_end:
        raise Refused(f"{where}: the outcome is '{record.outcome}', but success_at_end says otherwise.")
    if record.success_at_end and not record.success_once:
        raise Refused(f"{where}: it succeeded at the end, but success_once says that it never did.")


def _check_steps(record: EpisodeRecord, task: Task, where: str) -> None:
    if record.outcome == "error":
        if not 0 <= record.steps <= task.max_steps:
            raise Refused(
                f"{where}: an attempt of {record.steps} steps, where {task.name} has at most {task.max_steps}."
            )
        return
    early = task.ends_on_success and record.success_at_end
    if not (1 if early else task.max_steps) <= record.steps <= task.max_steps:
        raise Refused(
            f"{where}: {record.steps} steps are recorded, and an episode of {task.name} with this outcome has "
            f"{'at most ' if early else ''}{task.max_steps}."
        )
