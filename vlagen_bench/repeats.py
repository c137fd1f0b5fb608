"""Does a policy score the same again? Runs of one plan and one policy, repeated, held against each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from rich.table import Table

from vlagen_bench.nouns import Plan
from vlagen_bench.run import succeeded
from vlagen_bench.statistics.retest import Retest, retest
from vlagen_bench.table import NO_DATA, percent

OVERALL = "all"


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """One condition, or all of them, in all repeats."""

    condition: str
    rates: tuple[float | None, ...]
    """success rate of each repeat"""
    retest: Retest


def folders(first: Path, repeats: int) -> tuple[Path, ...]:
    """Where the repeats are recorded.

    >>> [str(path) for path in folders(Path("runs/a"), 3)]
    ['runs/a', 'runs/a-repeat-2', 'runs/a-repeat-3']
    """
    return (first, *(first.with_name(f"{first.name}-repeat-{number}") for number in range(2, repeats + 1)))


def repeated(plan: Plan, runs: Sequence[Mapping[str, Mapping[str, Any]]]) -> tuple[Repeated, ...]:
    """Each condition of the suite, then all together.

    Args:
        plan: of all of them.
        runs: of each repeat, id -> record of `episodes.jsonl`.
    """
    ids = {
        name: [episode.id for episode in plan.episodes if episode.condition == name] for name in plan.suite.conditions
    }
    everything = [one for mine in ids.values() for one in mine]
    return tuple(_repeated(name, mine, runs) for name, mine in {**ids, OVERALL: everything}.items())


def _repeated(name: str, ids: Iterable[str], runs: Sequence[Mapping[str, Mapping[str, Any]]]) -> Repeated:
    outcomes = [[succeeded(run[one]["outcome"]) if one in run else None for run in runs] for one in ids]
    known = [[won for won in mine if won is not None] for mine in zip(*outcomes, strict=True)]
    return Repeated(
        condition=name,
        rates=tuple(sum(mine) / len(mine) if mine else None for mine in known),
        retest=retest([won for won in mine if won is not None] for mine in outcomes),
    )


def table(found: Sequence[Repeated]) -> Table:
    """The conditions whose outcomes differ somewhere, and all together."""
    shown = Table(title="Test and retest", title_justify="left", caption_justify="left", header_style="bold")
    shown.add_column("condition", no_wrap=True)
    for name in ("n", "lowest rate", "highest", "episodes that agree", "95 % interval", "noise of a rate"):
        shown.add_column(name, justify="right")
    for one in found:
        again = one.retest
        if one.condition != OVERALL and again.agreeing == again.n:
            continue
        rates = [rate for rate in one.rates if rate is not None]
        low_high = again.interval
        shown.add_row(
            one.condition,
            str(again.n),
            percent(min(rates, default=None)),
            percent(max(rates, default=None)),
            percent(again.agreement),
            NO_DATA if low_high is None else f"{100 * low_high[0]:.0f} – {100 * low_high[1]:.0f} %",
            NO_DATA if again.noise_sd is None else f"{100 * again.noise_sd:.1f} points",
        )
    shown.caption = "Conditions that agree everywhere are left out. Noise: standard deviation over repeats."
    return shown


def floor(found: Sequence[Repeated]) -> str:
    """What a difference of two runs has to exceed, in a sentence."""
    again = found[-1].retest
    if again.noise_sd is None:
        return "No episode has an outcome in two repeats, so nothing is known of the noise."
    return (
        f"Outcomes agree in {again.agreeing} of {again.n} episodes. Noise floor: a difference of two runs of this plan "
        f"below {100 * 2 * sqrt(2) * again.noise_sd:.1f} points may be nothing but noise."
    )
