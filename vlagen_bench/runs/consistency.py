"""Contradictions in what a run says of itself: in the record of an episode, and between header and plan.

An edited record is found where it contradicts itself. Where all of it was edited alike, only a replay finds it.
"""

import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any

from vlagen_bench.runs.records import METRICS, ORACLES, EpisodeRecord, Header
from vlagen_bench.scenes import specs
from vlagen_bench.tasks.behaviour import MEASURES, TOUCH_N
from vlagen_bench.types import Plan, Task

PLAIN = (bool, int, float, str, type(None))
ROUNDING = 1e-4
"""of a metric, which has four decimals"""
LARGEST = 1e12
"""of a number; none that is measured comes near it"""
IMPLIED = {"grasped_now": "grasped", "consecutive_grasp": "grasped", "placed": "placed_once", "lifted": "lifted_once"}
"""what is true of the end of an episode -> what was true at some step then"""
NEEDED = {"put_on": ("placed", "at_rest"), "pick_up": ("lifted",)}
"""family -> what its rule of success asks for at the end"""


def contradiction(record: EpisodeRecord, task: Task | None) -> str | None:
    """The first thing that a record says and cannot be, as a clause; None where it may be true.

    Args:
        record: of an attempt.
        task: whose rules it has to follow; None: of a task from outside the package, whose rules may have changed since.
    """
    return next(
        chain(
            _of_outcome(record),
            _of_values(record),
            ()
            if record.outcome == "error"
            else chain(_of_steps(record, task), _of_metrics(record, task), _of_behaviour(record)),
        ),
        None,
    )


def _of_outcome(record: EpisodeRecord) -> Iterator[str]:
    flags = record.success_at_end, record.success_once
    if record.outcome == "error":
        if record.error is None:
            yield "the outcome is 'error', but the error is not said"
        if flags != (None, None):
            yield "the outcome is 'error', but there is a success flag"
        return
    if record.error is not None:
        yield f"the outcome is '{record.outcome}', but there is an error"
    if None in flags:
        yield f"the outcome is '{record.outcome}', but a success flag is null"
    if (record.outcome == "success") != record.success_at_end:
        yield f"the outcome is '{record.outcome}', but success_at_end is {_word(record.success_at_end)}"
    if record.success_at_end and not record.success_once:
        yield "success_at_end is true, but success_once is false"


def _of_values(record: EpisodeRecord) -> Iterator[str]:
    for name, count in (("steps", record.steps), ("restarts", record.restarts)):
        if count < 0:
            yield f"{name} is {count}"
    for name, value in record.metrics.items():
        allowed = METRICS.get(name, PLAIN)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed) or _too_large(value):
            yield f"the metric {name} is {value!r}"
    yield from _of_scale(record)
    for name, value in record.timings.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or _too_large(value) or value < 0:
            yield f"the timing {name} is {value!r}"


def _of_scale(record: EpisodeRecord) -> Iterator[str]:
    """What the metrics that have a range cannot be."""
    progress, oversized = record.metrics.get("progress"), record.metrics.get("oversized_steps", 0)
    if progress is not None and not 0 <= progress <= 1:
        yield f"the metric progress is {progress!r}, and it is from 0 to 1"
    if not 0 <= oversized <= record.steps:
        yield f"the metric oversized_steps is {oversized!r}, of {record.steps} steps"
    for one in MEASURES:
        value = record.metrics.get(one.name)
        if value is not None and value < one.least:
            yield f"the metric {one.name} is {value!r}, and it is at least {one.least:g}"


def _of_behaviour(record: EpisodeRecord) -> Iterator[str]:
    said, success = record.metrics, bool(record.success_at_end)
    for one in MEASURES:
        if one.of_success and not success and said.get(one.name) is not None:
            yield f"the outcome is '{record.outcome}', but {one.name} is {_word(said[one.name])}, which only a success has"
    if success and "time_to_success_s" in said and not said["time_to_success_s"]:
        yield f"the outcome is 'success', but time_to_success_s is {_word(said['time_to_success_s'])}"
    hits, force_n = said.get("table_hits"), said.get("table_force_n")
    if hits is not None and force_n is not None:
        enough = TOUCH_N + ROUNDING if not hits else TOUCH_N - ROUNDING
        if (force_n > enough) != bool(hits):
            yield f"table_hits is {hits}, but table_force_n is {force_n:g}, and a hit is of {TOUCH_N:g} N or more"


def _too_large(value: Any) -> bool:
    return isinstance(value, int | float) and not (abs(value) <= LARGEST and math.isfinite(value))


def _of_steps(record: EpisodeRecord, task: Task | None) -> Iterator[str]:
    if record.steps < 1:
        yield f"steps is {record.steps}, and the outcome '{record.outcome}'"
    if task is None:
        return
    early = task.ends_on_success and bool(record.success_at_end)
    if not (1 if early else task.max_steps) <= record.steps <= task.max_steps:
        allowed = f"1 to {task.max_steps}" if early else str(task.max_steps)
        yield f"steps is {record.steps}, and an episode of {task.name} with this outcome has {allowed}"


def _of_metrics(record: EpisodeRecord, task: Task | None) -> Iterator[str]:
    said, success = record.metrics, bool(record.success_at_end)
    if "trouble" in said and (said["trouble"] is None) != success:
        yield f"the outcome is '{record.outcome}', but trouble is {_word(said['trouble'])}"
    if "first_success_step" in said:
        first = said["first_success_step"]
        if (first is not None) != record.success_once:
            yield f"success_once is {_word(record.success_once)}, but first_success_step is {_word(first)}"
        if first is not None and not 1 <= first <= record.steps:
            yield f"first_success_step is {first} of {record.steps} steps"
        if first is not None and task and task.ends_on_success and not (success and first == record.steps):
            yield (
                f"first_success_step is {first}, but an episode of {task.name} ends at its first success, and this one as a "
                f"{record.outcome} after {record.steps} steps"
            )
    if task and "progress" in said and (said["progress"] == 1) != success:
        yield f"the outcome is '{record.outcome}', but progress is {said['progress']!r}"
    for name in NEEDED.get(task.family, ()) if task and success else ():
        if said.get(name) is False:
            yield f"the outcome is 'success', but {name} is false"
    for name, once in IMPLIED.items():
        if said.get(name) is True and said.get(once) is False:
            yield f"{name} is true, but {once} is false"


def header_fault(header: Header, plan: Plan, task: Task) -> str | None:
    """The first thing that a header says and that contradicts the plan or itself, as a clause; None where it may be true."""
    return next(_of_header(header, plan, task), None)


def _of_header(header: Header, plan: Plan, task: Task) -> Iterator[str]:
    suite = plan.suite
    if header.seed is not None and header.seed != suite.seed:
        yield f"seed is {header.seed}, but that of plan.json is {suite.seed}"
    if header.episodes_per_condition != suite.episodes:
        yield f"episodes_per_condition is {header.episodes_per_condition}, but plan.json has {suite.episodes}"
    if (pack := specs.of_task(task).pack) != header.pack.name:
        yield f"the pack is '{header.pack.name}', but the task {task.name} has '{pack}'"
    known = ORACLES.get(header.policy.name)
    if known is not None and not header.policy.live and known != header.oracle:
        yield f"oracle is {_word(header.oracle)}, but the policy '{header.policy.name}' is {'one' if known else 'none'}"
    if header.stopped is not None:
        yield from _of_stop(header, plan)


def _of_stop(header: Header, plan: Plan) -> Iterator[str]:
    stopped = header.stopped
    assert stopped is not None, "only a header that says so is asked"
    if not 0 <= stopped.episodes <= len(plan.episodes):
        yield f"it stopped after {stopped.episodes} episodes, but plan.json has {len(plan.episodes)}"
    conditions = {episode.condition for episode in plan.episodes}
    for name, (low, high) in stopped.intervals.items():
        if name not in conditions:
            yield f"it stopped with an interval of '{name}', which is no condition of plan.json"
        if not -1 <= low <= high <= 1:
            yield f"it stopped with an interval of '{name}' from {low} to {high}"


def _word(value: Any) -> str:
    """As JSON has it."""
    return json.dumps(value)
