"""Repeats of a run: runs of one plan and one policy, compared with each other."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.harness.run import succeeded
from vlagen_bench.report import report
from vlagen_bench.runs import identity
from vlagen_bench.runs.folder import IDENTITY
from vlagen_bench.statistics.retest import Retest, retest
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, percent, percent_range

OVERALL = "all"
_REPEAT = re.compile(r"(.+)-repeat-(\d+)")


@dataclass(frozen=True, kw_only=True)
class RepeatedRate:
    """One condition, or all of them, in all repeats."""

    condition: str
    rates: tuple[float | None, ...]
    """success rate of each repeat"""
    retest: Retest

    @property
    def reach(self) -> tuple[float | None, float | None]:
        """The lowest and the highest rate; None where there is no data."""
        known = [rate for rate in self.rates if rate is not None]
        return min(known, default=None), max(known, default=None)


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """A run and its repeats."""

    first: Path
    """where the first of them is, or would be"""
    runs: tuple[Path, ...]
    """those of the same plan and policy, by its fingerprint, that are there"""
    others: tuple[Path, ...]
    """folders that are called like repeats, and are of another plan or policy, or cannot be read"""
    conditions: tuple[RepeatedRate, ...]
    """each, then all together; of a run alone as well"""

    @property
    def measured(self) -> bool:
        return len(self.runs) > 1

    @property
    def all(self) -> Retest:
        return self.conditions[-1].retest

    @property
    def differing(self) -> tuple[RepeatedRate, ...]:
        """The conditions whose outcomes differ somewhere, and all together."""
        return tuple(
            rate for rate in self.conditions if rate.condition == OVERALL or rate.retest.agreeing < rate.retest.n
        )


def folders(first: Path, repeats: int) -> tuple[Path, ...]:
    """The folders of the repeats.

    Examples:
        >>> [str(path) for path in folders(Path("runs/a"), 3)]
        ['runs/a', 'runs/a-repeat-2', 'runs/a-repeat-3']
    """
    return (first, *(first.with_name(f"{first.name}-repeat-{number}") for number in range(2, repeats + 1)))


def of_run(path: Path) -> Repeats:
    """The repeats beside a run folder, which may be any of them; raises `RunError` if it is no run, or is damaged."""
    header, planned, results = report.contents(path)
    own = path if path.name not in ("", "..") else Path(os.path.abspath(path))
    match = _REPEAT.fullmatch(own.name)
    first = own.with_name(match[1]) if match else own
    runs, others = {own: results}, []
    for other in _beside(first):
        if other == own:
            continue
        try:
            theirs, _, their_results = report.contents(other)
        except RunError:
            others.append(other)
            continue
        if any(theirs.get(key) != header.get(key) for key in IDENTITY) or not identity.same_policy(header, theirs):
            others.append(other)
        else:
            runs[other] = their_results
    kept = sorted(runs, key=_number)
    return Repeats(
        first=first,
        runs=tuple(kept),
        others=tuple(others),
        conditions=repeated(planned, header["conditions"], [runs[folder] for folder in kept]),
    )


def _beside(first: Path) -> list[Path]:
    """The first of several repeats, and the others that exist."""
    called = ((path, _REPEAT.fullmatch(path.name)) for path in first.parent.glob("*-repeat-*"))
    named = (path for path, match in called if match and match[1] == first.name)
    return [path for path in (first, *sorted(named, key=_number)) if path.is_dir()]


def _number(path: Path) -> int:
    match = _REPEAT.fullmatch(path.name)
    return int(match[2]) if match else 1


def repeated(
    planned: Iterable[Mapping[str, Any]],
    conditions: Iterable[str],
    runs: Sequence[Mapping[str, Mapping[str, Any]]],
) -> tuple[RepeatedRate, ...]:
    """Each condition, then all together.

    Args:
        planned: the episodes of the plan of all of them, as dicts.
        conditions: those of the suite.
        runs: of each repeat, id -> record of `episodes.jsonl`.
    """
    ids: dict[str, list[str]] = {name: [] for name in conditions}
    for episode in planned:
        if episode["condition"] in ids:
            ids[episode["condition"]].append(episode["id"])
    everything = [episode_id for mine in ids.values() for episode_id in mine]
    return tuple(_repeated(name, mine, runs) for name, mine in {**ids, OVERALL: everything}.items())


def _repeated(name: str, ids: Sequence[str], runs: Sequence[Mapping[str, Mapping[str, Any]]]) -> RepeatedRate:
    outcomes = [
        [succeeded(run[episode_id]["outcome"]) if episode_id in run else None for episode_id in ids] for run in runs
    ]
    known = [[won for won in mine if won is not None] for mine in outcomes]
    return RepeatedRate(
        condition=name,
        rates=tuple(sum(mine) / len(mine) if mine else None for mine in known),
        retest=retest([won for won in mine if won is not None] for mine in zip(*outcomes, strict=True)),
    )


def table(repeats: Repeats) -> NumberTable:
    """The conditions whose outcomes differ somewhere, and all together."""
    shown = NumberTable("Test and retest").text("condition")
    shown.numbers("n", "lowest rate", "highest", "episodes that agree", "95 % interval", "noise floor")
    for rate in repeats.differing:
        again = rate.retest
        shown.add_row(
            rate.condition,
            str(again.n),
            *map(percent, rate.reach),
            percent(again.agreement),
            percent_range(again.interval),
            NO_DATA if again.floor is None else f"{100 * again.floor:.1f} points",
        )
    shown.caption = f"{len(repeats.runs)} runs. Conditions whose episodes agree everywhere are left out."
    return shown


def floor(repeats: Repeats) -> str:
    """What a difference of two runs has to exceed, in a sentence."""
    again = repeats.all
    if not again.n:
        return "No episode has an outcome in two repeats, so nothing is known of the noise."
    assert again.floor is not None and again.floor_limit is not None, "where episodes agree or not, there is a floor"
    limit = f"{100 * again.floor_limit:.1f} points"
    if again.agreeing == again.n:
        return (
            f"Outcomes agree in all {again.n} episodes that were played more than once: no noise was seen. "
            f"So many episodes rule out a noise floor above {limit}, with 95 % confidence."
        )
    return (
        f"Outcomes agree in {again.agreeing} of {again.n} episodes that were played more than once. Noise floor: rates "
        f"over all of them that differ by less than {100 * again.floor:.1f} points between two runs may differ by nothing "
        f"but noise (at most {limit}, with 95 % confidence); in a single condition it is larger."
    )
