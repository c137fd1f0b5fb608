"""The report of a run: its rows, its failures by kind, and the comparable published rows."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import task_of
from vlagen_bench.report import behaviour, entries, oversized
from vlagen_bench.report.averages import GROUPS, Average, averages
from vlagen_bench.report.behaviour import BehaviourGroup
from vlagen_bench.report.entries import Entry, Protocol
from vlagen_bench.report.groups import GroupResult, group_results
from vlagen_bench.report.interaction import Interaction, interactions
from vlagen_bench.report.progress import Progress, by_kind
from vlagen_bench.report.rows import Row, attempts_of, rows
from vlagen_bench.runs import episodes, identity
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import described, sizes_px
from vlagen_bench.scenes.oversized import StepLimits
from vlagen_bench.statistics.intervals import newcombe, weighted_sum_interval
from vlagen_bench.tasks import family_of
from vlagen_bench.types import Task
from vlagen_bench.utils.text import amount

UNNAMED = "unnamed"
"""the kind of failure of a record that names none"""


@dataclass(frozen=True, kw_only=True)
class PublishedDifference:
    """A rate of the run minus a published one, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ComparedEntry:
    """A published entry beside the run."""

    entry: Entry
    averages: Mapping[str, Average]
    differences: tuple[str, ...]
    """why it is not ranked against the run, one clause each; empty if it has the same protocol"""
    gaps: Mapping[str, PublishedDifference]
    """condition or average -> the difference; empty across protocols, and for an oracle"""


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """Everything that is said about a run, recomputed from its episodes."""

    suite: str
    policy: str
    oracle: bool
    planned: int
    missing: int
    errors: int
    rows: tuple[Row, ...]
    troubles: Mapping[str, Mapping[str, int]]
    """condition -> kind of failure -> how many"""
    groups: Mapping[str, str]
    """condition -> group, of the whole suite, which a run may have only a part of"""
    averages: Mapping[str, Average]
    """over the whole suite"""
    published: tuple[ComparedEntry, ...]
    stages: Mapping[str, str]
    """of the task's family, on the way to success: field -> words"""
    progress: tuple[Progress, ...] = ()
    """by kind of conditions, and of all that are shifted; empty in a run of an earlier release"""
    behaviour: tuple[BehaviourGroup, ...] = ()
    """of the arm, by kind of conditions, and of all that are shifted; empty in a run of an earlier release"""
    oversized: str | None = None
    """how many steps command more than the arm can do, in a sentence; None: none does, or it is not known"""
    interactions: tuple[Interaction, ...] = ()
    """of conditions that were run together, and one by one"""
    tested_groups: tuple[GroupResult, ...] = ()
    """of a suite whose conditions take turns"""
    stopped: str | None = None
    """the rule of `--until` by which the run ended before its plan did"""
    verdict: str | None = None
    """what that rule said then"""
    sequences: Mapping[str, tuple[float, float]] | None = None
    """condition -> what takes the place of Wilson's interval then"""
    attempts: int | None = None
    """how often episodes were tried, those that ended as errors included; None where it is not known"""
    first_lines: tuple[str, ...] = ()
    """what stands before everything else: that the policy is not one and the same, and how often episodes were tried"""
    amount: str = ""
    """how many scenes and episodes it rests on, such as `16 scenes, 640 episodes`"""

    @property
    def complete(self) -> bool:
        return not (self.errors or (self.missing and self.stopped is None))


def make(path: Path) -> RunReport:
    """The report of a run folder.

    Raises:
        RunError: it is no run folder, or is damaged.
        ConfigError: its task is not of this release, or a published entry is wrong.
    """
    return of(*contents(path))


def contents(path: Path) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]:
    """Header, planned episodes and results of a run folder, as stored; raises `RunError` as `runs.episodes.read` does."""
    return plain(episodes.read(path))


def plain(
    run: episodes.RecordedRun,
) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]:
    """Header, planned episodes and results of a run, in the JSON form that reports count."""
    planned = [episode.to_dict() for episode in run.plan.episodes]
    return run.header_json, planned, run.plain_results


def of(
    header: Mapping[str, Any], planned: Sequence[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]
) -> RunReport:
    """The report of what `contents` found; raises `ConfigError` as `make` does."""
    task = task_of(planned[0]["task"])
    turns = header.get("groups", {})
    result_rows = rows(planned, results, catalog.groups_of(task, header["conditions"], turns))
    suite = header["suite"]["name"]
    groups = entries.groups_of(suite) if catalog.has_suite(suite) else {row.condition: row.group for row in result_rows}
    weights = dict.fromkeys(groups, 1) | {row.condition: row.planned for row in result_rows} if turns else None
    own, stopped = protocol_of(header, task), header.get("stopped")
    if stopped:  # Newcombe's interval is of a number of episodes that no outcome had a say in
        early = f"the run was stopped by --until {stopped['until']}, as its outcomes came in"
        own = replace(own, deviations=(*own.deviations, early))
    attempts = attempts_of(results.values())
    ranked = {} if header["oracle"] else {row.condition: row for row in result_rows}
    return RunReport(
        suite=suite,
        policy=header["policy"]["name"],
        oracle=header["oracle"],
        planned=len(planned),
        missing=len(planned) - len(results),
        errors=sum(record["outcome"] == "error" for record in results.values()),
        rows=result_rows,
        troubles={row.condition: _failure_modes(row.condition, planned, results) for row in result_rows},
        groups=groups,
        averages=averages({row.condition: row.rate for row in result_rows}, groups, weights=weights),
        published=tuple(_beside(entry, groups, own, ranked, weights) for entry in entries.load(suite)),
        stages=family_of(task).stages,
        progress=by_kind(planned, results, {row.condition: row.group for row in result_rows}),
        behaviour=behaviour.by_kind(planned, results, {row.condition: row.group for row in result_rows}),
        oversized=oversized.sentence(oversized.count(results.values()), StepLimits.of(specs.of_task(task))),
        interactions=interactions(planned, results),
        tested_groups=group_results(result_rows, turns),
        stopped=stopped and stopped["until"],
        verdict=stopped and stopped.get("verdict"),
        sequences=stopped and {name: tuple(ends) for name, ends in stopped["intervals"].items()},
        attempts=attempts,
        first_lines=(*identity.sentences(header), *retried(len(results), attempts)),
        amount=scored_amount(
            planned,
            results,
            header["conditions"],
            alone=_is_official(suite),
        ),
    )


def _is_official(suite: str) -> bool:
    return catalog.has_suite(suite) and catalog.suite(suite).official_ids


def retried(episodes: int, attempts: int | None) -> tuple[str, ...]:
    """The sentence about episodes that were tried more than once, if there are any."""
    if attempts is None or attempts <= episodes:
        return ()
    more = attempts - episodes
    return (
        f"{episodes} episodes, {attempts} attempts: {more} attempt{'s' * (more > 1)} ended as an error and "
        f"{'were' if more > 1 else 'was'} repeated, which is a second chance.",
    )


def scored_amount(
    planned: Iterable[Mapping[str, Any]],
    results: Mapping[str, Mapping[str, Any]],
    conditions: Container[str],
    *,
    alone: bool,
) -> str:
    """`16 scenes, 640 episodes`: what has an outcome in these conditions, twins apart.

    Episodes of one index have the same scene, unless each is `alone` in its own, as published ones are.
    """
    scored = [
        episode
        for episode in planned
        if episode["condition"] in conditions and results.get(episode["id"], {}).get("outcome", "error") != "error"
    ]
    scenes = {(episode["seed"], episode["index"], episode["id"] if alone else "") for episode in scored}
    return amount(len(scenes), len(scored))


def progress_of(report: RunReport) -> tuple[Progress, ...]:
    """By condition, then by those kinds that have more than one."""
    far = tuple(row.progress for row in report.rows if row.progress is not None)
    names = {one.name for one in far}
    sizes = Counter(row.group for row in report.rows)
    return (*far, *(one for one in report.progress if one.name not in names and sizes[one.name] != 1))


def protocol_of(header: Mapping[str, Any], task: Task) -> Protocol:
    """The protocol that a run was made under."""
    stand_ins = header["pack"]["stand_ins"]
    deviations = [f"the run has {len(stand_ins)} stand-ins for asset files of upstream"] if stand_ins else []
    own, seen = sizes_px(specs.of_task(task)), header.get("cameras")
    # Where episodes are those of a paper, so are its pictures; elsewhere they are the policy's choice.
    if seen and {name: list(size) for name, size in seen.items()} != own and _is_official(header["suite"]["name"]):
        deviations.append(f"the policy saw {described(seen)}, and not {described(own)} pixels")
    return Protocol(
        suite_version=header["suite"]["version"],
        success="once" if task.ends_on_success else "at_end",
        settling=any(specs.of_task(task).settle_s),
        episodes_per_condition=header["episodes_per_condition"],
        deviations=tuple(deviations),
    )


def _beside(
    entry: Entry, groups: dict[str, str], own: Protocol, runs: Mapping[str, Row], weights: Mapping[str, int] | None
) -> ComparedEntry:
    """`runs` are the rows that may be ranked; `weights` those of `averages`."""
    differences = entries.differences(entry.protocol, own)
    gaps = {} if differences else _gaps(entry, groups, runs)
    return ComparedEntry(entry=entry, averages=entry.averages_over(groups, weights), differences=differences, gaps=gaps)


def _gaps(entry: Entry, groups: dict[str, str], runs: Mapping[str, Row]) -> dict[str, PublishedDifference]:
    """The differences that both sides have the counts for."""
    counts = {
        name: (runs[name].successes, runs[name].n, *cell.counts)
        for name, cell in entry.conditions.items()
        if cell.counts is not None and name in runs and runs[name].n
    }
    gaps = {}
    for name, (k, n, other_k, other_n) in counts.items():
        interval = newcombe(k, n, other_k, other_n)
        assert interval is not None, "both have episodes"
        gaps[name] = PublishedDifference(value=k / n - other_k / other_n, low=interval[0], high=interval[1])
    # An average's interval takes its conditions for independent, which holds where each has its own published episodes.
    if catalog.suite(entry.suite).official_ids:
        for name, weights in _weights(groups).items():
            if set(weights) <= set(counts):
                gaps[name] = _average_gap(weights, counts)
    return gaps


def _weights(groups: dict[str, str]) -> dict[str, dict[str, float]]:
    """Average -> condition -> its weight in it."""
    known = averages({}, groups)
    weights = {
        name: {m: 1 / len(average.members) for m in average.members}
        for name, average in known.items()
        if name != GROUPS
    }
    of_groups = known[GROUPS].members
    weights[GROUPS] = {m: weight / len(of_groups) for group in of_groups for m, weight in weights[group].items()}
    return weights


def _average_gap(weights: Mapping[str, float], counts: Mapping[str, tuple[int, int, int, int]]) -> PublishedDifference:
    terms = [(weight, *counts[name][:2]) for name, weight in weights.items()]
    terms += [(-weight, *counts[name][2:]) for name, weight in weights.items()]
    interval = weighted_sum_interval(terms)
    assert interval is not None, "all have episodes"
    return PublishedDifference(value=sum(weight * k / n for weight, k, n in terms), low=interval[0], high=interval[1])


def _failure_modes(
    condition: str, planned: Iterable[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]
) -> Counter[str]:
    return Counter(
        results[episode["id"]]["metrics"].get("trouble") or UNNAMED
        for episode in planned
        if episode["condition"] == condition
        and episode["id"] in results
        and results[episode["id"]]["outcome"] == "failure"
    )
