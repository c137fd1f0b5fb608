"""The tables of the simulation of what is printed: least coverage and most false alarms, by number of scenes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vlagen_bench.report import simulation
from vlagen_bench.report.simulation import COVERED, FALSE, Tally
from vlagen_bench.statistics.worlds import SCENES, World, grid
from vlagen_bench.utils import spawned
from vlagen_bench.utils.text import NO_DATA

RATES = (0.02, 0.1, 0.5, 0.9, 0.98)
CORRELATIONS = (0.0, 0.2, 0.8)
DROPS = (0.0, 0.3)
"""true drops, and differences of two policies"""
AXES, LEVELS = 12, 3
"""of the worlds in which axes are named"""
NAMING_RATES = (0.5, 0.9, 0.98)
SOME = (0.0, 0.1, 0.3)
"""true drops of the levels of every fourth axis, in half of them"""
UNLIKE = (0.6, 1.0)
"""correlations of outcomes in a scene, of one that fails in whole scenes where another of the same rate does not"""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A world, and what came of it."""

    scenes: int
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Task:
    """A world that is to be simulated."""

    simulate: Callable[..., Tally]
    world: World
    seed: int

    def __call__(self, runs: int) -> Measurement:
        return Measurement(scenes=self.world.scenes, tally=self.simulate(self.world, runs=runs, seed=self.seed))


def tasks(scenes: Sequence[int] = SCENES, seed: int = 0) -> list[Task]:
    """All worlds: rates of 2 to 98 %, with and without a drop; graded scores; unlike policies; many axes."""
    worlds: list[tuple[Callable[..., Tally], World]] = []
    for drop in DROPS:
        rates = tuple(rate for rate in RATES if rate >= drop)
        for world in grid(rates=rates, scenes=scenes, correlations=CORRELATIONS, drop=drop):
            worlds.append((simulation.simulate, world))
    for world in grid(rates=RATES, scenes=scenes, conditions=(1, 9), correlations=CORRELATIONS):
        worlds.append((simulation.simulate_progress, world))
    for world in grid(rates=NAMING_RATES, scenes=scenes, conditions=(9, 40), correlations=UNLIKE):
        worlds.append((simulation.simulate_unlike, replace(world, other_correlation=0.0)))
    for world in grid(rates=NAMING_RATES, scenes=scenes, conditions=(1, 9), correlations=UNLIKE):
        worlds.append((simulation.simulate_progress, replace(world, other_correlation=0.0)))
    for world in grid(rates=NAMING_RATES, scenes=scenes, conditions=(5, 9), correlations=UNLIKE):
        worlds.append((simulation.simulate_levels, replace(world, twins_apart=True)))
    for dropping in (0, AXES // 4):
        drops = SOME * dropping + (0.0,) * LEVELS * (AXES - dropping)
        for world in grid(rates=NAMING_RATES, scenes=scenes, conditions=(len(drops),), correlations=CORRELATIONS[:2]):
            worlds.append((partial(simulation.simulate_axes, levels=LEVELS), replace(world, drops=drops)))
    return [Task(simulate=simulate, world=world, seed=seed + place) for place, (simulate, world) in enumerate(worlds)]


def measure(wanted: Sequence[Task], runs: int, workers: int) -> Iterator[Measurement]:
    """The measurements, as they come, in no order."""
    if workers == 1:
        yield from (task(runs) for task in wanted)
        return
    with spawned.pool(workers) as pool:
        yield from pool.map(partial(_run, runs), wanted)


def _run(runs: int, task: Task) -> Measurement:
    return task(runs)


def markdown(measured: Sequence[Measurement]) -> str:
    """Both tables: the worst world, and in brackets the mean over all, in percent."""
    scenes = sorted({one.scenes for one in measured})
    heads = "".join(f" {count} scenes |" for count in scenes)
    lines = [f"| 95 % interval of: least coverage, % (mean) |{heads}", "|---|" + "---|" * len(scenes)]
    lines += [_row(figure, measured, scenes, min) for figure in COVERED]
    lines += ["", f"| false alarms: most, % (mean) |{heads}", "|---|" + "---|" * len(scenes)]
    lines += [_row(figure, measured, scenes, max) for figure in FALSE]
    return "\n".join(lines)


def _row(
    figure: str, measured: Sequence[Measurement], scenes: Sequence[int], worst: Callable[[list[float]], float]
) -> str:
    by_scenes: dict[int, list[float]] = defaultdict(list)
    for one in measured:
        if one.tally.trials[figure]:
            by_scenes[one.scenes].append(100 * one.tally.share(figure))
    cells = [
        f"{worst(known):.1f} ({sum(known) / len(known):.1f})" if (known := by_scenes[count]) else NO_DATA
        for count in scenes
    ]
    return f"| {figure} | " + " | ".join(cells) + " |"
