"""Progress in the terminal: a table of means with intervals and of the stages that episodes came to."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from vlagen_bench.report.progress import Progress, ProgressDifference
from vlagen_bench.utils.text import NO_DATA, percent


def progress_table(found: Sequence[Progress], stages: Mapping[str, str], *, first: str) -> Table | None:
    """One row each, under a first column with this name; None where no run says how far it came."""
    if not found:
        return None
    table = Table(
        title="Progress: how far episodes came", title_justify="left", caption_justify="left", header_style="bold"
    )
    table.add_column(first, overflow="fold")
    for name in ("n", "progress", "95 %", *(name.removesuffix("_once").replace("_", " ") for name in stages)):
        table.add_column(name, justify="right", no_wrap=len(name) < 9)
    for one in found:
        came = (percent(one.came_to(number, len(stages))) for number in range(1, len(stages) + 1))
        table.add_row(one.name, str(one.n), f"{one.mean:.2f}", interval(one), *came)
    table.caption = (
        "Progress: the furthest stage of each episode, of all and success, which is 1. 95 %: whole scenes are\n"
        "resampled. Then the share of episodes that came to each stage, or further. Every condition counts the same."
    )
    return table


def interval(one: Progress | ProgressDifference) -> str:
    """`0.52 – 0.71`, or a dash; a difference has signs."""
    if one.low is None or one.high is None:
        return NO_DATA
    form = "{:+.2f}" if isinstance(one, ProgressDifference) else "{:.2f}"
    return f"{form.format(one.low)} – {form.format(one.high)}"
