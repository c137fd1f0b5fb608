"""The power of a suite whose conditions take turns, by simulation with the tests that reports print.

    python -m vlagen_bench.diagnostics.group_designs

It prints the table of docs/suites.md: the smallest mean drop of a group of axes, and of an axis in it, that is found with a power
of 80 %, where all axes of the group do the same or one of them does everything. The worlds are made up (`statistics.worlds`).
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from vlagen_bench.diagnostics.suite_designs import ALPHA, CORRELATIONS, HIGHEST, RATE, smallest
from vlagen_bench.statistics.multiplicity import holm_in_groups
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.worlds import play
from vlagen_bench.utils.text import NO_DATA

GROUPS, SCENES = 13, 260
LEVELS = (1, 3, 5)
SIZES = (2, 3, 4)
"""axes of a group"""
FOUND = (0, 5)
"""how many of the other groups are found: at worst none"""
GROUP, AXIS = "group", "axis"

_p = cache(mcnemar)


def power(
    scenes: int, drops: Sequence[float], correlation: float, *, runs: int, found: int = 0, groups: int = GROUPS
) -> Mapping[str, float]:
    """How often a group is found, and its first axis.

    Args:
        scenes: of the suite; each has one axis of the group at one level, in turn.
        drops: of each axis of the group, mean over its levels; lower levels hurt in proportion.
        correlation: of two outcomes in one scene.
        runs: simulated.
        found: how many of the other groups are found; the others do nothing.
        groups: how many there are.
    """
    rng, index = np.random.default_rng(0), np.arange(scenes)
    axis = index % len(drops)
    level = np.take(LEVELS, (index // len(drops) + axis) % len(LEVELS))
    pairs = sorted(set(zip(axis.tolist(), level.tolist(), strict=True)))
    rates = [max(RATE - drops[which] * height / np.mean(LEVELS), 0.0) for which, height in pairs]
    twins, *outcomes = play((RATE, *rates), correlation, rng.standard_normal((runs, scenes)), rng)
    played = np.empty_like(twins)
    for (which, height), won in zip(pairs, outcomes, strict=True):
        mine = (axis == which) & (level == height)
        played[:, mine] = won[:, mine]
    told = [
        _told(lost, gained, axis, found, groups) for lost, gained in zip(twins & ~played, ~twins & played, strict=True)
    ]
    return {GROUP: float(np.mean([one[0] for one in told])), AXIS: float(np.mean([one[1] for one in told]))}


def _told(lost: np.ndarray, gained: np.ndarray, axis: np.ndarray, found: int, groups: int) -> tuple[bool, bool]:
    """Whether the group is found, and its first axis."""
    number = int(axis.max()) + 1
    mine = {
        f"axis {which}": _p(int(lost[axis == which].sum()), int(gained[axis == which].sum())) for which in range(number)
    }
    others = {f"other {which}": 0.0 if which < found else 1.0 for which in range(groups - 1)}
    of_groups, of_axes, _ = holm_in_groups(
        {GROUP: _p(int(lost.sum()), int(gained.sum())), **others},
        {GROUP: mine, **{name: {name: p} for name, p in others.items()}},
        {name: {name: None} for name in (*mine, *others)},
    )
    group, first = of_groups[GROUP], of_axes["axis 0"]
    return group is not None and group < ALPHA, first is not None and first < ALPHA


def table(runs: int, scenes: int = SCENES) -> Iterator[str]:
    """The lines of the table."""
    heads = [f"{what}, {correlation:g}" for correlation in CORRELATIONS for what in (GROUP, AXIS)]
    yield f"| axes in the group | what drops | other groups found | {' | '.join(heads)} |"
    yield f"|{'---|' * (3 + len(heads))}"
    for size in SIZES:
        for what, others in (("all alike", 1.0), ("one alone", 0.0)):
            for found in FOUND:
                cells = (
                    _smallest(scenes, size, others, found, correlation, which, runs)
                    for correlation in CORRELATIONS
                    for which in (GROUP, AXIS)
                )
                yield f"| {size} | {what} | {found} | {' | '.join(cells)} |"


def _smallest(scenes: int, size: int, others: float, found: int, correlation: float, which: str, runs: int) -> str:
    def reached(drop: float) -> float:
        most = min(drop, RATE * float(np.mean(LEVELS)) / HIGHEST)  # the highest level cannot drop below 0
        drops = [most, *[others * most] * (size - 1)]
        return power(scenes, drops, correlation, runs=runs, found=found)[which]

    points = smallest(reached)
    return NO_DATA if points is None else str(points)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = ArgumentParser(prog="python -m vlagen_bench.diagnostics.group_designs", description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=int, default=SCENES)
    parser.add_argument("--runs", type=int, default=100, help="simulated for each number")
    asked = parser.parse_args(arguments)
    for line in table(asked.runs, asked.scenes):
        print(line, flush=True)


if __name__ == "__main__":
    main()
