"""Progress in the terminal: a table of means with intervals and of the stages that episodes came to."""

from collections.abc import Mapping, Sequence

from vlagen_bench.report.comparison import Comparison
from vlagen_bench.report.comparison_answer import probability
from vlagen_bench.report.progress import Progress, ProgressDifference
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, percent

SHOWN = 20
"""conditions that a comparison shows in the terminal"""


def progress_table(found: Sequence[Progress], stages: Mapping[str, str], *, first: str) -> NumberTable | None:
    """One row each, under a first column with this name; None where no run says how far it came."""
    if not found:
        return None
    table = NumberTable("Progress: how far episodes came").text(first).numbers("n", "progress", "95 %")
    table.numbers(*(name.removesuffix("_once").replace("_", " ") for name in stages))
    for one in found:
        came = (percent(one.came_to(number, len(stages))) for number in range(1, len(stages) + 1))
        table.add_row(one.name, str(one.n), f"{one.mean:.2f}", interval(one), *came)
    table.caption = (
        "Progress: the furthest stage of each episode, of all and success, which is 1. 95 %: over scenes. "
        "Then the share of episodes that came to each stage, or further. In a mean every episode counts the same."
    )
    return table


def interval(one: Progress | ProgressDifference) -> str:
    """`0.52 – 0.71`, or a dash; a difference has signs."""
    if one.low is None or one.high is None:
        return NO_DATA
    form = "{:+.2f}" if isinstance(one, ProgressDifference) else "{:.2f}"
    return f"{form.format(one.low)} – {form.format(one.high)}"


def comparison_table(comparison: Comparison) -> NumberTable | None:
    """Mean progress side by side, and against the first run; overall alone where there are many conditions."""
    if not comparison.progress:
        return None
    *conditions, overall = comparison.progress
    table = NumberTable("Progress, on the same episodes").text("condition")
    others = comparison.ranked[1:]
    heads = [head for label in others for head in (f"{label} - {comparison.ranked[0]}", "95 % interval", "p")]
    table.numbers("n", *comparison.runs, *heads)
    for line in (*(conditions if len(conditions) <= SHOWN else ()), overall):
        if line is overall:
            table.add_section()
        means = (f"{line.means[label]:.2f}" for label in comparison.runs)
        gaps = [cell for label in others for cell in _gap_cells(line.gaps[label])]
        table.add_row(line.condition, str(line.n), *means, *gaps)
    said = []
    if others:
        said.append(
            f"Intervals are over scenes ({overall.scenes}), whose signs are flipped for p; each p is for itself alone."
        )
    if len(conditions) > SHOWN:
        said.append("--out DIR writes every condition.")
    table.caption = " ".join(said) or None
    return table


def _gap_cells(gap: ProgressDifference) -> tuple[str, str, str]:
    return f"{gap.value:+.2f}", interval(gap), probability(gap.p)
