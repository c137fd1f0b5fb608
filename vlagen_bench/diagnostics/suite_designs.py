"""The power of suites by their design, and of `--until decided:`, by simulation with the tests that the program prints.

    python -m vlagen_bench.diagnostics.suite_designs designs
    python -m vlagen_bench.diagnostics.suite_designs until

The first prints the table of docs/suites.md: the smallest drop of an axis, and the smallest difference of two policies, that
are found with a power of 80 %. The second prints the table of docs/statistics.md. The worlds are made up
(`statistics.worlds`); how alike the episodes of a scene are in them was measured on recorded runs.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.statistics.clusters import sign_flip
from vlagen_bench.statistics.scene_means import tested
from vlagen_bench.statistics.sequential import Counts, earliest
from vlagen_bench.statistics.twins import twin_permutation
from vlagen_bench.statistics.worlds import alike, chances, play
from vlagen_bench.utils.text import NO_DATA

POWER, ALPHA = 0.8, 0.05
RATE = 0.7
"""success of the clean twins, and of two policies on average"""
ALIKE = 0.7
"""how alike two policies find the ease of scenes: its correlation"""
CORRELATIONS = (0.15, 0.5)
"""of two outcomes of a policy in one scene: a policy that acts by chance, and one that always does the same"""
HIGHEST = 5
"""level at which an axis hurts most; lower ones hurt in proportion"""
EPISODES = (2000, 3000, 4000, 6000)
RUNS = 300
LARGEST = 70
"""points; beyond, the answer is a dash"""


@dataclass(frozen=True, kw_only=True)
class Design:
    """What a suite plays in each scene, besides one clean twin."""

    axes: int
    levels: tuple[int, ...]
    """the levels of each axis"""
    share: float = 1.0
    """of the axes that are played in each scene; all are played equally often"""

    @property
    def conditions(self) -> int:
        """Perturbed episodes of a scene."""
        return round(self.axes * self.share) * len(self.levels)

    def scenes(self, episodes: int) -> int:
        """As many as these episodes are enough for."""
        return episodes // (1 + self.conditions)

    @property
    def name(self) -> str:
        """`40 axes at levels 3, 5; a quarter of them in each scene`."""
        several = "levels" if len(self.levels) > 1 else "level"
        some = "" if self.share == 1 else f"; {round(self.axes * self.share)} of them in each scene"
        return f"{self.axes} axes at {several} {', '.join(map(str, self.levels))}{some}"


EVERYTHING = Design(axes=40, levels=(1, 2, 3, 4, 5))
"""as the first version of `core`"""
DESIGNS = (
    EVERYTHING,
    Design(axes=40, levels=(3, 5)),
    Design(axes=40, levels=(5,)),
    Design(axes=40, levels=(5,), share=0.25),
    Design(axes=20, levels=(3, 5)),
    Design(axes=20, levels=(5,)),
    Design(axes=12, levels=(5,)),
)


def axis_power(design: Design, scenes: int, drop: float, correlation: float, runs: int = RUNS) -> float:
    """How often the drop of an axis is found: twins permuted, at the level that is the worst case of Holm over all axes."""
    rng, with_axis = np.random.default_rng(0), round(scenes * design.share)
    rates = [RATE - drop * level / HIGHEST for level in design.levels]
    twins, *perturbed = play((RATE, *rates), correlation, rng.standard_normal((runs, with_axis)), rng)
    won, each = np.sum(perturbed, axis=0), [len(rates)] * with_axis
    found = [
        _told(
            twin_permutation(zip(clean, own, each, strict=True)),
            np.stack([len(rates) * clean, own, each], axis=1).tolist(),
            ALPHA / design.axes,
        )
        for clean, own in zip(twins, won, strict=True)
    ]
    return float(np.mean(found))


def _told(randomized: float | None, scenes: Sequence[Counts], alpha: float = ALPHA) -> bool:
    """Whether the printed p is that low: McNemar's of single pairs, else that of `scene_means.tested`."""
    p = randomized if all(pairs == 1 for *_, pairs in scenes) else tested(scenes, randomized)[1]
    return p is not None and p <= alpha


def differences(
    scenes: int, conditions: int, difference: float, correlation: float, runs: int, rng: np.random.Generator
) -> list[list[Counts]]:
    """Per run and scene: successes of a policy, of all conditions, those of another that is worse by this, and pairs."""
    ease = rng.standard_normal((runs, scenes))
    better = rng.binomial(conditions, chances(RATE + difference / 2, correlation, ease))
    worse = rng.binomial(conditions, chances(RATE - difference / 2, correlation, alike(ease, ALIKE, rng)))
    counts: list[list[Counts]] = np.stack([better, worse, np.full_like(worse, conditions)], axis=-1).tolist()
    return counts


def _overall(scenes: Sequence[Counts]) -> bool:
    """Whether two policies are told apart over all conditions."""
    return _told(sign_flip([int(own - other) for own, other, _ in scenes]), scenes)


def policies_power(design: Design, scenes: int, difference: float, correlation: float, runs: int = RUNS) -> float:
    """How often two policies are told apart over all conditions."""
    return told_apart(scenes, design.conditions, difference, correlation, runs)


def told_apart(scenes: int, conditions: int, difference: float, correlation: float, runs: int) -> float:
    """How often two policies are told apart over so many conditions in each of so many scenes."""
    drawn = differences(scenes, conditions, difference, correlation, runs, np.random.default_rng(1))
    return float(np.mean([_overall(one) for one in drawn]))


def smallest(power: Callable[[float], float]) -> int | None:
    """The least whole number of points that is found with `POWER`; None: more than `LARGEST`."""
    below, above = 0, LARGEST
    if power(above / 100) < POWER:
        return None
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if power(middle / 100) >= POWER else (middle, above)
    return above


def largest_difference() -> float:
    """Two rates about `RATE` that are further apart than this would leave 0 to 1."""
    return 2 * min(RATE, 1 - RATE)


def designs(episodes: Sequence[int], runs: int) -> Iterator[str]:
    """The lines of the table of designs."""
    heads = [f"{what}, {correlation:g}" for correlation in CORRELATIONS for what in ("axis", "policies")]
    yield f"| episodes | besides the twin | scenes | {' | '.join(heads)} |"
    yield f"|{'---|' * (3 + len(heads))}"
    for number in episodes:
        for design in DESIGNS:
            yield f"| {number} | {design.name} | {design.scenes(number)} | {' | '.join(_found(design, number, runs))} |"


def _found(design: Design, episodes: int, runs: int) -> Iterator[str]:
    scenes = design.scenes(episodes)
    for correlation in CORRELATIONS:

        def axis(drop: float, correlation: float = correlation) -> float:
            return axis_power(design, scenes, drop, correlation, runs)

        def policies(difference: float, correlation: float = correlation) -> float:
            most = min(difference, largest_difference())
            return policies_power(design, scenes, most, correlation, runs)

        for power in (axis, policies):
            points = smallest(power)
            yield NO_DATA if points is None else str(points)


UNTIL = ((6, 10), (16, 180), (260, 14), (192, 16))
"""scenes and conditions: the fewest that can decide, the first `core`, `core`, `paper-fixed`"""
APART = (0.0, 0.08, 0.16, 0.24, 0.4)


def until(runs: int) -> Iterator[str]:
    """The lines of the table of `--until decided:`: how often it decides, after how many scenes, and the test that looks once."""
    yield f"| scenes x conditions | {' | '.join(f'{100 * apart:g} points apart' for apart in APART)} |"
    yield f"|{'---|' * (1 + len(APART))}"
    for scenes, conditions in UNTIL:
        cells = (_decided(scenes, conditions, apart, runs) for apart in APART)
        yield f"| {scenes} x {conditions} | {' | '.join(cells)} |"


def _decided(scenes: int, conditions: int, apart: float, runs: int) -> str:
    drawn = differences(scenes, conditions, apart, CORRELATIONS[0], runs, np.random.default_rng(2))
    ends = [earliest([int(own - other) for own, other, _ in one], one) for one in drawn]
    once = np.mean([_overall(one) for one in drawn])
    decided = np.mean([end is not None for end in ends])
    return f"{decided:.0%} ({once:.0%}), {np.mean([end or scenes for end in ends]):.0f} scenes"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table."""
    parser = ArgumentParser(prog="python -m vlagen_bench.diagnostics.suite_designs", description=__doc__.split("\n")[0])
    parser.add_argument("table", choices=("designs", "until"))
    parser.add_argument("--episodes", type=int, nargs="+", default=EPISODES, help="of a whole suite, twins included")
    parser.add_argument("--runs", type=int, default=RUNS, help="simulated for each number")
    asked = parser.parse_args(arguments)
    for line in designs(asked.episodes, asked.runs) if asked.table == "designs" else until(asked.runs):
        print(line, flush=True)


if __name__ == "__main__":
    main()
