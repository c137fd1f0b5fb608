"""Estimates of a rate or a drop, for one condition or a mean over several, with their intervals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from vlagen_bench.report.interaction import Interaction
from vlagen_bench.report.load import LoadedRun
from vlagen_bench.report.rows import Row
from vlagen_bench.statistics.attribution import Share
from vlagen_bench.statistics.clusters import ratio_interval, sign_flip
from vlagen_bench.statistics.intervals import weighted_sum_interval, wilson

Cells = Mapping[str, Sequence[tuple[int, int]]]
"""condition -> (index of the scene, what was counted in its episode)"""
Sequences = Mapping[str, tuple[float, float]]
"""condition -> confidence sequence of its rate"""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its 95 % interval; None, not 0, where there is no data."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    """episodes, or pairs, that it is over"""

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its ends; None where nothing can be said of them."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def success(row: Row, sequences: Sequences | None = None) -> Estimate:
    """The success rate of a condition, with its confidence sequence if the run could end early, else Wilson's interval."""
    low, high = (row.interval if sequences is None else sequences[row.condition]) or (None, None)
    return Estimate(value=row.rate, low=low, high=high, n=row.n) if row.n else Estimate()


def drop(row: Row) -> Estimate:
    """The paired drop of a condition (Tango)."""
    low, high = row.drop_interval or (None, None)
    return Estimate(value=row.drop, low=low, high=high, n=row.pairs)


def share(factor_share: Share) -> Estimate:
    """The part of the drop that goes with a factor."""
    return Estimate(value=factor_share.drop, low=factor_share.low, high=factor_share.high, n=factor_share.n)


def excess(interaction: Interaction) -> Estimate:
    """How much more than the sum of their drops conditions cost together."""
    return Estimate(value=interaction.excess, low=interaction.low, high=interaction.high, n=interaction.n)


def counted(outcomes: Sequence[bool | None]) -> Estimate:
    """The rate of single outcomes (Wilson); None is no outcome."""
    known = [outcome for outcome in outcomes if outcome is not None]
    if not known:
        return Estimate()
    low, high = wilson(sum(known), len(known))
    return Estimate(value=fmean(known), low=low, high=high, n=len(known))


def mean_success(
    rows: Sequence[Row], cells: Cells, *, independent: bool, sequences: Sequences | None = None
) -> Estimate:
    """The mean over conditions, each counting the same.

    Args:
        rows: the conditions.
        cells: 1 for success, else 0, of the episodes of each condition.
        independent: whether conditions share no scenes; else scenes are resampled as wholes.
        sequences: of a run that could end early; for a condition alone.
    """
    known = [row for row in rows if row.n]
    if len(known) == 1:
        return success(known[0], sequences)
    if not independent:
        return _mean_over_scenes([cells[row.condition] for row in known])
    if not known:
        return Estimate()
    low, high = weighted_sum_interval([(1 / len(known), row.successes, row.n) for row in known]) or (None, None)
    return Estimate(
        value=fmean(row.successes / row.n for row in known), low=low, high=high, n=sum(row.n for row in known)
    )


def mean_drop(rows: Sequence[Row], cells: Cells) -> Estimate:
    """The mean paired drop over conditions, each counting the same; `cells` are 1 for lost, -1 for gained, else 0."""
    known = [row for row in rows if row.pairs]
    return drop(known[0]) if len(known) == 1 else _mean_over_scenes([cells[row.condition] for row in known])


def drop_p(rows: Sequence[Row], cells: Cells) -> float | None:
    """Exact p of the hypothesis that there is no drop, the signs of whole scenes being flipped; None without a pair."""
    sums: dict[int, int] = defaultdict(int)
    for row in rows:
        for index, count in cells[row.condition]:
            sums[index] += count
    return sign_flip(list(sums.values()))


def unpaired_drop(nominal: Row, shifted: Sequence[Row]) -> Estimate:
    """The nominal rate minus the mean of others, on different episodes."""
    known = [row for row in shifted if row.n]
    if not (nominal.n and known):
        return Estimate()
    terms = [(1.0, nominal.successes, nominal.n), *((-1 / len(known), row.successes, row.n) for row in known)]
    low, high = weighted_sum_interval(terms) or (None, None)
    value = nominal.successes / nominal.n - fmean(row.successes / row.n for row in known)
    return Estimate(value=value, low=low, high=high, n=sum(row.n for row in known))


def cells_of(run: LoadedRun) -> tuple[Cells, Cells]:
    """What `mean_success` and `mean_drop` count."""
    successes, drops = defaultdict(list), defaultdict(list)
    for episode in run.planned:
        own, twin = run.success(episode["id"]), run.success(episode["twin"]) if episode["twin"] else None
        if own is not None:
            successes[episode["condition"]].append((episode["index"], int(own)))
        if own is not None and twin is not None:
            drops[episode["condition"]].append((episode["index"], int(twin) - int(own)))
    return successes, drops


def _mean_over_scenes(parts: Sequence[Sequence[tuple[int, int]]]) -> Estimate:
    if not parts:
        return Estimate()
    totals: dict[int, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for part in parts:
        for index, count in part:
            total, weight = totals[index]
            totals[index] = total + count / len(part), weight + 1 / len(part)
    low, high = ratio_interval(totals.values()) or (None, None)
    value = fmean(fmean(count for _, count in part) for part in parts)
    return Estimate(value=value, low=low, high=high, n=sum(map(len, parts)))
