"""Estimates of a rate or a drop, for one condition or a mean over several, with their intervals."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from vlagen_bench.report.interaction import Interaction
from vlagen_bench.report.rows import Row, own_scene
from vlagen_bench.statistics.attribution import Share
from vlagen_bench.statistics.intervals import weighted_sum_interval, wilson
from vlagen_bench.statistics.paired import agreeing_interval
from vlagen_bench.statistics.scene_means import rate_interval, tested
from vlagen_bench.statistics.shrinkage import shrunken
from vlagen_bench.statistics.twins import twin_permutation

Key = TypeVar("Key", bound=Hashable)
WIDTH = 2 * 1.96
"""of a 95 % interval, in standard errors"""
Sequences = Mapping[str, tuple[float, float]]
"""condition -> confidence sequence of its rate; without those that the plan has no episode of, as of few scenes where conditions take turns"""


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
    low, high = (row.interval if sequences is None else sequences.get(row.condition)) or (None, None)
    return Estimate(value=row.rate, low=low, high=high, n=row.n) if row.n else Estimate()


def drop(row: Row) -> Estimate:
    """The paired drop of a condition (Tango, agreeing with the exact p)."""
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
    rows: Sequence[Row], sequences: Sequences | None = None, weights: Mapping[str, float] | None = None
) -> Estimate:
    """The success rate over the episodes of several conditions, each episode counting the same.

    So a condition of which little was run counts little; where all were run, it is the mean of their rates. Conditions that
    share scenes are not independent, and scenes are what the interval counts. Where each scene has one episode, as of
    conditions that take turns, it is Wilson's; conditions with scenes of their own are put together by Newcombe's way.

    Args:
        rows: the conditions.
        sequences: of a run that could end early; for a condition alone.
        weights: condition -> what each of its episodes counts, if they do not count the same.
    """
    known = [row for row in rows if row.n]
    if len(known) < 2:
        return success(known[0], sequences) if known else Estimate()
    each = {row.condition: 1.0 if weights is None else weights[row.condition] for row in known}
    total = sum(each[row.condition] * row.n for row in known)
    if all(own_scene(scene) for row in known for scene, _ in row.outcomes):
        terms = [(each[row.condition] * row.n / total, row.successes, row.n) for row in known]
        interval = weighted_sum_interval(terms)
    elif weights is None and _once(scene for row in known for scene, _ in row.outcomes):
        interval = wilson(sum(row.successes for row in known), sum(row.n for row in known))
    else:
        scenes: dict[Hashable, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for row in known:
            for scene, won in row.outcomes:
                _add(scenes[scene], each[row.condition], won, True)
        interval = rate_interval(scenes.values())
    value = sum(each[row.condition] * row.successes for row in known) / total
    low, high = interval or (None, None)
    return Estimate(value=value, low=low, high=high, n=sum(row.n for row in known))


def mean_drop(rows: Sequence[Row], weights: Mapping[str, float] | None = None) -> Estimate:
    """The paired drop over the episodes of several conditions, each pair counting the same; `weights` as in `mean_success`.

    Where each scene has one pair, as of conditions that take turns, these are single pairs: Tango's interval. It holds 0 if, and only if, the p of `drop_p` (of pairs that count what these do) is 0.05 or more.
    """
    known = [row for row in rows if row.pairs]
    if len(known) < 2:
        return drop(known[0]) if known else Estimate()
    scenes = _scenes(known, weights)
    if weights is None and _single(known):
        lost, gained, pairs = (sum(getattr(row, what) for row in known) for what in ("lost", "gained", "pairs"))
        interval = agreeing_interval(lost, gained, pairs)
    else:
        interval, _ = tested(scenes, _permuted(known))
    low, high = interval or (None, None)
    total = sum(count for *_, count in scenes)
    value = sum(twins - own for twins, own, _ in scenes) / total
    return Estimate(value=value, low=low, high=high, n=sum(row.pairs for row in known))


def drop_p(rows: Sequence[Row]) -> float | None:
    """Two-sided p of the hypothesis that there is no drop; None without a pair.

    Of one condition it is McNemar's, exactly, and of several that have one pair a scene together. Of others it is the larger one of two: of the exact test that permutes which
    of the outcomes that share a twin is the twin's, and of the interval over scenes, which holds for equal rates too where
    conditions resemble each other more than the twin.
    """
    known = [row for row in rows if row.pairs]
    return _permuted(known) if len(known) < 2 or _single(known) else tested(_scenes(known), _permuted(known))[1]


def _single(rows: Sequence[Row]) -> bool:
    """Whether each scene has one pair."""
    return _once(pair.scene for row in rows for pair in row.twin_pairs)


def _once(scenes: Iterable[Hashable]) -> bool:
    listed = list(scenes)
    return len(set(listed)) == len(listed)


def _scenes(rows: Sequence[Row], weights: Mapping[str, float] | None = None) -> list[list[float]]:
    """Per scene the sums of twins' successes, of perturbed ones, and of pairs."""
    scenes: dict[Hashable, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in rows:
        weight = 1.0 if weights is None else weights[row.condition]
        for pair in row.twin_pairs:
            _add(scenes[pair.scene], weight, pair.twin_success, pair.success, True)
    return list(scenes.values())


def _add(sums: list[float], weight: float, *counts: bool) -> None:
    for place, count in enumerate(counts):
        sums[place] += weight * count


def _permuted(rows: Sequence[Row]) -> float | None:
    """Exact p of the permutation of twins."""
    twins: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        for pair in row.twin_pairs:
            twin = twins[pair.twin]
            twin[0], twin[1], twin[2] = int(pair.twin_success), twin[1] + pair.success, twin[2] + 1
    return twin_permutation((bool(twin), won, n) for twin, won, n in twins.values())


def unpaired_drop(nominal: Row, shifted: Sequence[Row]) -> Estimate:
    """The nominal rate minus the mean of others, on different episodes."""
    known = [row for row in shifted if row.n]
    if not (nominal.n and known):
        return Estimate()
    terms = [(1.0, nominal.successes, nominal.n), *((-1 / len(known), row.successes, row.n) for row in known)]
    low, high = weighted_sum_interval(terms) or (None, None)
    value = nominal.successes / nominal.n - fmean(row.successes / row.n for row in known)
    return Estimate(value=value, low=low, high=high, n=sum(row.n for row in known))


def shrunken_drops(drops: Mapping[Key, Estimate]) -> dict[Key, float]:
    """The drops of several axes, each drawn towards their mean; axes without data are left out."""
    known = {
        key: (one.value, (one.high - one.low) / WIDTH)
        for key, one in drops.items()
        if one.value is not None and one.low is not None and one.high is not None
    }
    values, errors = zip(*known.values(), strict=True) if known else ((), ())
    return dict(zip(known, shrunken(values, errors), strict=True))
