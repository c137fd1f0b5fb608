"""The answer of a comparison in sentences: who is better overall, who may be the best, and where the runs differ."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vlagen_bench.plan.conditions import by_axis
from vlagen_bench.report.averages import NOMINAL
from vlagen_bench.report.comparison import Comparison, ComparisonRow, RunDifference
from vlagen_bench.utils.text import NO_DATA, amount, percent, points, points_range

ALPHA = 0.05
NAMED = 8
"""axes that a sentence names"""


def answer(comparison: Comparison) -> Iterator[str]:
    """Sentences, the most important first; none where nothing is ranked."""
    if len(comparison.ranked) < 2:
        return
    first, *others = comparison.ranked
    yield f"Over all conditions, {amount(comparison.scenes, comparison.overall.n)}:"
    for label in others:
        yield f"   {_verdict(comparison.overall.gaps[label], first, label)}"
    if comparison.standings:
        best, worse = ([one.name for one in comparison.standings if one.among_best is among] for among in (True, False))
        yield f"   May be the best: {', '.join(best)}." + (f" Are not: {', '.join(worse)}." if worse else "")
    for label in others:
        yield f"   {_where(questions(comparison), first, label, 'group' if comparison.groups else 'axis')}"
        found = clear(axes_of(comparison), label) if comparison.groups else []
        if found:
            yield f"   Axes of these groups on which {label} differs: {_named(found, label)}."


def headline(comparison: Comparison, names: Mapping[str, str]) -> str:
    """The answer in one sentence, for readers who read nothing else; it says of no run that it is better unless a test does.

    Args:
        comparison: the comparison.
        names: label -> how the run is called.
    """
    provisional = f"Provisional, without {_episodes(comparison.left_out)}: " if comparison.left_out else ""
    if len(comparison.ranked) < 2:
        return "Nothing is ranked: that needs two runs of policies that are not oracles."
    if not comparison.overall.n:
        return "Nothing can be compared yet: no episode has an outcome in every run."
    return provisional + (_of_two if len(comparison.ranked) == 2 else _of_many)(comparison, names)


def _of_two(comparison: Comparison, names: Mapping[str, str]) -> str:
    first, other = comparison.ranked
    gap, overall = comparison.overall.gaps[other], comparison.overall
    assert gap.adjusted is not None and gap.pairs.difference is not None, "there are pairs"
    better, worse = (other, first) if gap.pairs.difference > 0 else (first, other)
    rates = [f"{percent(overall.rate(label))}" for label in (better, worse)]
    over = f"of the same {_played(comparison)}"
    low, high = (gap.low, gap.high) if better == other else (gap.high, gap.low)
    sign = 1 if better == other else -1
    ends = "" if low is None or high is None else " to ".join(_plain(sign * end) for end in (low, high))
    if gap.adjusted >= ALPHA:
        return (
            f"{names[better]} and {names[worse]} cannot be told apart: they succeed in {rates[0]} and {rates[1]} {over}"
            f"{f', a difference of {ends} points (95 %)' if ends else ''}."
        )
    size = f"{100 * abs(gap.pairs.difference):.0f} points more{f' (95 %: {ends})' if ends else ''}"
    return f"{names[better]} is better: it succeeds in {rates[0]} {over}, {names[worse]} in {rates[1]}, {size}."


def _of_many(comparison: Comparison, names: Mapping[str, str]) -> str:
    best, worse = (
        [names[one.name] for one in comparison.standings if one.among_best is among] for among in (True, False)
    )
    over = f"{len(comparison.ranked)} policies on the same {_played(comparison)}"
    if len(best) == 1:
        return f"{best[0]} is the best of {over}."
    if not worse:
        return f"Any of {over} may be the best: none is told apart from all others."
    return f"Of {over}, {_listed(best)} may be the best; {_listed(worse)} {'is' if len(worse) == 1 else 'are'} worse."


def _plain(value: float) -> str:
    """`12` or `−3`, in points."""
    return points(value).removeprefix("+").replace("-", "−")


def _played(comparison: Comparison) -> str:
    """`40 episodes on 4 scenes`: where these are few, large differences are not told apart, and one sees why."""
    return f"{_episodes(comparison.overall.n)} on {comparison.scenes} scene{'s' * (comparison.scenes != 1)}"


def _episodes(count: int) -> str:
    return f"{count} episode{'s' * (count != 1)}"


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def probability(p: float | None) -> str:
    """`0.031`, `<0.001`, or a dash."""
    return NO_DATA if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def interval(gap: RunDifference) -> str:
    """`-3 – +12`, in points, or a dash."""
    return points_range(None if gap.low is None or gap.high is None else (gap.low, gap.high))


def questions(comparison: Comparison) -> tuple[ComparisonRow, ...]:
    """The rows of the family that is adjusted first: each group, or each axis, as one row or as its only condition."""
    return comparison.groups or axes_of(comparison)


def axes_of(comparison: Comparison) -> tuple[ComparisonRow, ...]:
    """Each axis, as one row or as its only condition."""
    axes, lines = ({row.condition: row for row in rows} for rows in (comparison.axes, comparison.lines))
    members = by_axis(tuple(lines))
    return tuple(axes[axis] if axis in axes else lines[names[0]] for axis, names in members.items())


def clear(rows: Iterable[ComparisonRow], label: str) -> list[ComparisonRow]:
    """Those in which a run is told apart from the first, the largest difference first."""
    told = [row for row in rows if (p := row.gaps[label].adjusted) is not None and p < ALPHA]
    return sorted(told, key=lambda row: -abs(row.gaps[label].pairs.difference or 0.0))


def _verdict(gap: RunDifference, first: str, label: str) -> str:
    if gap.p is None:
        return f"{label} against {first}: no episode has an outcome in both."
    difference = gap.pairs.difference or 0.0
    assert gap.adjusted is not None, "where there is a p, it is adjusted"
    holm = f", after Holm over the runs {_is(gap.adjusted)}" if gap.adjusted != gap.p else ""
    size = f"{points(difference)} points (95 % interval {interval(gap)}), p {_is(gap.p)}{holm}"
    if gap.adjusted >= ALPHA:
        return f"{label} and {first} cannot be told apart: {size}."
    return f"{label} is {'better' if difference > 0 else 'worse'} than {first}: {size}."


def _is(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"= {p:.3f}"


def _where(rows: Sequence[ComparisonRow], first: str, label: str, what: str) -> str:
    found = clear(rows, label)
    if not found:
        known = [gap.adjusted for row in rows if (gap := row.gaps[label]).adjusted is not None]
        least = f" (lowest p after Holm: {probability(min(known))})" if known else ""
        return f"{label} and {first} cannot be told apart on any of {_questions(rows, what)}{least}."
    return f"{label} against {first} differs on {len(found)} of {_questions(rows, what)}: {_named(found, label)}."


def _named(found: Sequence[ComparisonRow], label: str) -> str:
    names = [f"{row.condition} {points(row.gaps[label].pairs.difference)}" for row in found[:NAMED]]
    return ", ".join(names) + (f" and {len(found) - NAMED} more" if len(found) > NAMED else "")


def _questions(rows: Sequence[ComparisonRow], what: str) -> str:
    """`9 axes and nominal`, which is no axis, and a question of the family like them."""
    number = sum(row.condition != NOMINAL for row in rows)
    several = {"axis": "axes", "group": "groups"}[what] if number != 1 else what
    return f"{number} {several}" + (" and nominal" if number != len(rows) else "")
