"""The answer of a comparison in sentences: who is better overall, who may be the best, and where the runs differ."""

from collections.abc import Iterator

from vlagen_bench.report.comparison import Comparison, ComparisonRow, RunDifference
from vlagen_bench.utils.text import NO_DATA, amount, points

ALPHA = 0.05
NAMED = 8
"""conditions that a sentence names"""


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
    yield "In single conditions:"
    for label in others:
        yield f"   {_where(comparison, first, label)}"


def probability(p: float | None) -> str:
    """`0.031`, `<0.001`, or a dash."""
    return NO_DATA if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def interval(gap: RunDifference) -> str:
    """`-3 – +12`, in points, or a dash."""
    return NO_DATA if gap.low is None else f"{points(gap.low)} – {points(gap.high)}"


def clear(comparison: Comparison, label: str) -> list[ComparisonRow]:
    """Conditions in which a run is told apart from the first, the largest difference first."""
    lines = [line for line in comparison.lines if (p := line.gaps[label].adjusted) is not None and p < ALPHA]
    return sorted(lines, key=lambda line: -abs(line.gaps[label].pairs.difference or 0.0))


def _verdict(gap: RunDifference, first: str, label: str) -> str:
    if gap.p is None:
        return f"{label} against {first}: no episode has an outcome in both."
    difference = gap.pairs.difference or 0.0
    size = f"{points(difference)} points (95 % interval {interval(gap)}), p {_is(gap.p)}"
    if gap.p >= ALPHA:
        return f"{label} and {first} cannot be told apart: {size}."
    return f"{label} is {'better' if difference > 0 else 'worse'} than {first}: {size}."


def _is(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"= {p:.3f}"


def _where(comparison: Comparison, first: str, label: str) -> str:
    found, total = clear(comparison, label), len(comparison.lines)
    if not found:
        known = [gap.adjusted for line in comparison.lines if (gap := line.gaps[label]).adjusted is not None]
        least = f" (lowest p after Holm: {probability(min(known))})" if known else ""
        return f"{label} and {first} cannot be told apart in any of {total} conditions{least}."
    names = [f"{line.condition} {points(line.gaps[label].pairs.difference)}" for line in found[:NAMED]]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{label} against {first} differs in {len(found)} of {total} conditions: {', '.join(names)}{more}."
