"""A run in the terminal: one row per condition with n, rate, interval, drop and errors; also as CSV."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from vlagen_bench.plan.conditions import level_of
from vlagen_bench.report.averages import ALL, GROUPS, NOMINAL, SETTINGS, Average, averages
from vlagen_bench.report.behaviour import behaviour_columns
from vlagen_bench.report.estimates import excess, mean_drop, mean_success
from vlagen_bench.report.interaction import Interaction
from vlagen_bench.report.rows import Row
from vlagen_bench.utils.tables import NumberTable
from vlagen_bench.utils.text import NO_DATA, Interval, percent, percent_range, points, points_range

LONGEST = 30
"""a condition's name on one line"""


def folded(condition: str) -> str:
    """A condition's name, over several lines where it is of many put together: tables are 110 columns wide."""
    return condition if len(condition) <= LONGEST else condition.replace("+", "\n+")


def results_table(title: str, rows: Sequence[Row], sequences: Mapping[str, Interval] | None = None) -> NumberTable:
    """The rows, grouped by kind of axis, with the mean of each group and of all shifted settings.

    `sequences` are the intervals to be shown of a run that could end early: condition -> confidence sequence.
    """
    table = _new(title, "kind")
    repeated = any((row.attempts or 0) > row.n + row.errors for row in rows)
    for name in ("n", "success", "95 %", "drop", "95 %", "errors", *(["attempts"] if repeated else [])):
        table.add_column(name, justify="right", no_wrap=True)
    graded = _graded(rows)
    groups = {row.condition: row.group for row in rows}
    rates = averages({row.condition: row.rate for row in rows}, groups)
    drops = averages({row.condition: row.drop for row in rows}, groups)
    of_group = {group: [row for row in rows if row.group == group] for group in groups.values()}
    for group in dict.fromkeys(groups.values()):
        mine = of_group[group]
        shown = [row for row in mine if row.condition not in graded]
        for row in shown:
            attempts = [NO_DATA if row.attempts is None else str(row.attempts)] if repeated else []
            table.add_row(group if row is shown[0] else "", *_cells(row, sequences), *attempts)
        if group != NOMINAL and len(mine) > 1:
            label = "" if shown else group
            table.add_row(label, *_average_cells(rates[group], drops[group], mine), style="italic")
        table.add_section()
    several = len(rates[GROUPS].members) > 1
    if several:
        shifted = [row for row in rows if row.group != NOMINAL]
        weights = _equal_groups([mine for group, mine in of_group.items() if group != NOMINAL])
        table.add_row("all shifted", *_average_cells(rates[SETTINGS], drops[SETTINGS], shifted), style="italic")
        table.add_row("", *_average_cells(rates[GROUPS], drops[GROUPS], shifted, *weights), style="italic")
    table.caption = (
        f"Rate: {'Wilson interval' if sequences is None else 'confidence sequence, valid whenever one stops'}. "
        "Drop: clean twins minus perturbed, same draws, in points, Tango interval; in brackets of how many pairs, if not n. "
        f"Means: every episode counts the same{', in the last every group' if several else ''}; intervals over scenes."
    )
    return table


def _graded(rows: Sequence[Row]) -> dict[str, tuple[str, int]]:
    """Condition -> axis and level, of the axes that have more than one level in the rows."""
    levels = {row.condition: level for row in rows if (level := level_of(row.condition)) is not None}
    several = Counter(axis for axis, _ in levels.values())
    return {name: level for name, level in levels.items() if several[level[0]] > 1}


def levels_table(rows: Sequence[Row]) -> NumberTable | None:
    """Success rates level by level, one row an axis; None where no axis has several levels."""
    graded = _graded(rows)
    if not graded:
        return None
    cells = {graded[row.condition]: row for row in rows if row.condition in graded}
    played = sorted({level for _, level in cells})
    table = _new("Success by level, and drop vs twin at the highest", "kind")
    table.columns[-1].header = "axis"
    for name in (*(f"L{level}" for level in played), "drop", "n each", "errors"):
        table.add_column(name, justify="right", no_wrap=True)
    kinds: dict[str, str] = {}
    for (axis, _), row in cells.items():
        kinds.setdefault(axis, row.group)
    for kind in dict.fromkeys(kinds.values()):
        for axis in (axis for axis in kinds if kinds[axis] == kind):
            mine = [cells.get((axis, level)) for level in played]
            there = [row for row in mine if row is not None]
            each = {row.n for row in there}
            table.add_row(
                kind if axis == next(a for a in kinds if kinds[a] == kind) else "",
                axis,
                *(NO_DATA if row is None else percent(row.rate) for row in mine),
                points(there[-1].drop),
                str(*each) if len(each) == 1 else f"{min(each)}-{max(each)}",
                str(sum(row.errors for row in there)),
            )
        table.add_section()
    return table


def once_table(rows: Sequence[Row]) -> NumberTable:
    """Success at the end, which is the score, beside success at any step, and grasps, as the paper of Liu et al. counts them."""
    table = _new("Success at the end and at any step; grasps")
    for name in ("n", "at the end", "at any step", "placed and lost again", "grasped", "held 5 steps"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        once = row.success_once / row.n if row.n else None
        lost = str(row.success_once - row.successes) if row.n else NO_DATA
        grasps = (count / row.n if row.n and count is not None else None for count in (row.grasped, row.held))
        table.add_row(row.condition, str(row.n), percent(row.rate), percent(once), lost, *map(percent, grasps))
    return table


def failure_mode_table(troubles: Mapping[str, Mapping[str, int]]) -> NumberTable | None:
    """How many episodes failed in which way, commonest first; None if none failed."""
    totals: dict[str, int] = {}
    for counts in troubles.values():
        for kind, count in counts.items():
            totals[kind] = totals.get(kind, 0) + count
    if not totals:
        return None
    kinds = sorted(totals, key=lambda kind: (-totals[kind], kind))
    table = _new("What went wrong in the episodes that failed")
    for name in ("failed", *kinds):
        table.add_column(name.replace("_", " "), justify="right")
    for condition, counts in troubles.items():
        table.add_row(condition, str(sum(counts.values())), *(str(counts.get(kind, 0)) for kind in kinds))
    return table


def interaction_table(interactions: Sequence[Interaction]) -> NumberTable | None:
    """Drops of axes together against the sum of their drops; None if none were run together."""
    if not interactions:
        return None
    table = _new("Together against one by one")
    for name in ("n", "together", "sum", "excess", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for interaction in interactions:
        interval = points_range(excess(interaction).interval)
        drops = map(points, (interaction.joint_drop, interaction.summed_drops, interaction.excess))
        table.add_row(folded(interaction.condition), str(interaction.n), *drops, interval)
    table.caption = (
        "Drops in points, over the same draws: together, and the parts' added up. Excess over 0: together they hurt more. "
        "Rates end at 0, so large drops cannot add up."
    )
    return table


def average_label(average: Average) -> str:
    """`mean of 5`; of how many, where some have no data."""
    total, whole = len(average.members), average.known in (0, len(average.members))
    if average.name == GROUPS:
        return f"mean of the {total} groups" if whole else f"mean of {total} groups, {average.known} whole"
    some = f"mean of {total}" if whole else f"mean of {average.known} of {total}"
    return f"{some}, nominal too" if average.name == ALL else some


def whole_label(average: Average) -> str:
    """The label of a row of means of whole suites: the same, as if nothing were missing."""
    return average_label(replace(average, known=len(average.members)))


def _new(title: str, *columns: str) -> NumberTable:
    return NumberTable(title).text(*columns, "condition")


def _equal_groups(groups: Sequence[Sequence[Row]]) -> tuple[dict[str, float], dict[str, float]]:
    """What an episode, and a pair, of each condition counts so that every group counts the same."""
    episodes, pairs = {}, {}
    for group in groups:
        num_episodes, num_pairs = sum(row.n for row in group), sum(row.pairs for row in group)
        for row in group:
            episodes[row.condition] = 1 / max(num_episodes, 1)
            pairs[row.condition] = 1 / max(num_pairs, 1)
    return episodes, pairs


def _average_cells(
    rate: Average,
    drop: Average,
    rows: Sequence[Row],
    weights: Mapping[str, float] | None = None,
    pair_weights: Mapping[str, float] | None = None,
) -> tuple[str, ...]:
    """The label says of how many conditions; numbers are over the episodes of `rows`."""
    some = f" (of {drop.known})" * (drop.value is not None and drop.known != rate.known)
    won, fallen = mean_success(rows, None, weights), mean_drop(rows, pair_weights)
    ends = (percent_range(won.interval), f"{points(fallen.value)}{some}", points_range(fallen.interval))
    return average_label(rate), str(won.n), percent(won.value), *ends, ""


def _cells(row: Row, sequences: Mapping[str, Interval] | None) -> tuple[str | Text, ...]:
    low_high = row.interval if sequences is None else sequences.get(row.condition)
    drop = NO_DATA if row.drop is None else points(row.drop) + f" ({row.pairs})" * (row.pairs != row.n)
    n = str(row.n) if row.n == row.planned else f"{row.n} / {row.planned}"
    errors = Text(str(row.errors), style="red" if row.errors else "")
    return (
        folded(row.condition),
        n,
        percent(row.rate),
        percent_range(low_high),
        drop,
        points_range(row.drop_interval),
        errors,
    )


def write_csv(path: Path, rows: Sequence[Row], sequences: Mapping[str, Interval] | None = None) -> None:
    """The same numbers, unrounded; empty where there is no data."""
    names = (
        "group", "condition", "planned", "n", "successes", "success_rate", "wilson_low", "wilson_high",
        "sequence_low", "sequence_high", "success_once", "grasped", "held", "pairs", "lost", "gained", "paired_drop", "drop_low",
        "drop_high", "errors", "progress", "progress_low", "progress_high", "steps", "oversized_steps", "attempts",
        *behaviour_columns(()),
    )  # fmt: skip
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            nothing = None, None
            sequence = (sequences or {}).get(row.condition, nothing)
            writer.writerow([
                row.group, row.condition, row.planned, row.n, row.successes, row.rate, *(row.interval or nothing),
                *sequence, row.success_once, row.grasped, row.held, row.pairs, row.lost, row.gained, row.drop,
                *(row.drop_interval or nothing), row.errors, *_progress(row), *_oversized(row), row.attempts,
                *behaviour_columns(row.behaviour).values(),
            ])  # fmt: skip


def _progress(row: Row) -> tuple[float | None, ...]:
    """Mean progress and its interval."""
    one = row.progress
    return (None,) * 3 if one is None else (one.mean, one.low, one.high)


def _oversized(row: Row) -> tuple[int | None, ...]:
    """Steps, and how many of them command more than the arm can do."""
    one = row.oversized
    return (None,) * 2 if one is None else (one.steps, one.count)
