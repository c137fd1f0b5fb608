"""The calibration of an axis: every level against its clean twins, in severity and in policies' success."""

import dataclasses
import importlib.metadata
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from vlagen_bench import axes, tasks
from vlagen_bench.axes import AXES, Axis
from vlagen_bench.calibration import pairs as lab
from vlagen_bench.calibration import severity
from vlagen_bench.calibration.curves import EXPERT, CalibrationCurve, Drop, Point, Severity
from vlagen_bench.calibration.pairs import Pair, PairedPolicy
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, conditions, plan
from vlagen_bench.types import Condition, Episode, Task, content_hash
from vlagen_bench.utils import spawned

SEED = 1000
"""of no suite, so that levels are not made for the episodes that policies are scored on"""
NOTHING = "0"
"""the point of an axis at which it changes nothing"""
PACKAGES = ("vlagen-bench", "sapien", "mani_skill", "numpy", "opencv-python")


@dataclass(frozen=True, kw_only=True)
class CalibrationJob:
    """One point of one axis that is to be measured."""

    task: str
    axis: str
    which: str
    episodes: int
    seed: int
    known: Point | None
    """what was measured of it before"""
    players: tuple[PairedPolicy, ...]
    """policies that are to be played"""


def points_of(axis: type[Axis]) -> dict[str, Mapping[str, Any]]:
    """Point -> parameters: nothing at all, then every level, then every setting.

    Raises:
        ConfigError: the axis has neither levels nor settings.
    """
    if not axis.variants():
        raise ConfigError(f"The axis {axis.name} has neither levels nor settings, so there is nothing to measure.")
    nothing = {NOTHING: {axis.sized_by: axis.nothing}} if axis.levels else {}
    return nothing | axis.variants()


def calibrated(task: Task) -> tuple[str, ...]:
    """The axes that can be calibrated in a task."""
    return tuple(axis.name for axis in conditions.fitting(tasks.offer_of(task)) if axis.variants())


def pairs_of(task: Task, axis: type[Axis], parameters: Mapping[str, Any], *, episodes: int, seed: int) -> list[Pair]:
    """Episodes of an axis with these parameters, which need be no level's, each with its clean twin."""
    mine = {**task.nominal.get(axis.name, {}), **parameters}
    needs = axes.make(axis.name, mine, axis.name).needs()
    shared = {other: {**task.nominal.get(other, {}), **more} for other, more in needs.items()}
    condition = Condition(perturb={axis.name: mine}, shared=shared, twin=f"{axis.name}:clean")
    alone = dataclasses.replace(task, conditions={axis.name: condition})
    pairs = (plan.sample(alone, axis.name, index=index, seed=seed) for index in range(episodes))
    return [(episode, _twin(twin)) for episode, twin in pairs]


def _twin(twin: Episode | None) -> Episode:
    assert twin is not None, "a condition that perturbs has clean twins"
    return twin


def outline(task: Task, axis: type[Axis], *, episodes: int, seed: int) -> CalibrationCurve:
    """The curve of an axis before anything is measured."""
    if episodes < 2:
        raise ConfigError(f"--episodes: an interval needs at least 2 episodes, not {episodes}.")
    measure = severity.measure_of(axis)
    ids = {
        which: [(episode.id, twin.id) for episode, twin in pairs_of(task, axis, points, episodes=episodes, seed=seed)]
        for which, points in points_of(axis).items()
    }
    return CalibrationCurve(
        axis=axis.name,
        kind=axis.kind,
        task=task.ref,
        measure=measure.name,
        unit=measure.unit,
        sized_by=axis.sized_by,
        size_unit=axis.unit,
        episodes=episodes,
        seed=seed,
        plan=content_hash([measure.name, measure.needs, lab.STEPS, ids])[:16],
        versions={name: importlib.metadata.version(name) for name in PACKAGES},
        command=f"vlagen calibrate --axis {axis.name} --task {task.name} --episodes {episodes}",
    )


def jobs(curve: CalibrationCurve, players: Sequence[PairedPolicy]) -> list[CalibrationJob]:
    """What is missing of a curve: its points, and at each of them these policies."""
    wanted = []
    for which in points_of(AXES.get(curve.axis)):
        known = curve.at(which)
        missing = tuple(player for player in players if _lacks(known, player) and _plays(which, player))
        if known is None or missing:
            task = curve.task.partition("@")[0]
            job = CalibrationJob(
                task=task,
                axis=curve.axis,
                which=which,
                episodes=curve.episodes,
                seed=curve.seed,
                known=known,
                players=missing,
            )
            wanted.append(job)
    return wanted


def _lacks(known: Point | None, player: PairedPolicy) -> bool:
    """Whether a point says nothing of a policy as it is to be played: of this version, over so many episodes."""
    drop = None if known is None else known.drops.get(player.name)
    if drop is None or (player.version and drop.version != player.version):
        return True
    return player.episodes is not None and drop.pairs != player.episodes


def _plays(which: str, player: PairedPolicy) -> bool:
    """The expert plays everywhere. Others save the point of no effect, where an episode is its clean twin."""
    return which != NOTHING or player.policy == EXPERT


def measure_all(
    wanted: Sequence[CalibrationJob], *, workers: int, minutes: float | None = None
) -> Iterator[tuple[CalibrationJob, Point]]:
    """The points, as they are measured: in order by one worker, as they come by several processes.

    Args:
        wanted: what is to be measured.
        workers: processes.
        minutes: after these no further point begins; those that are begun are still given.
    """
    end = inf if minutes is None else time.monotonic() + 60 * minutes
    if workers == 1:
        yield from ((job, measure(job)) for job in wanted if time.monotonic() < end)
        return
    with spawned.pool(workers) as pool:
        running = {pool.submit(measure, job): job for job in wanted}
        try:
            for done in as_completed(running):
                if time.monotonic() >= end:
                    for waiting in running:
                        waiting.cancel()  # which those that are begun are deaf to
                if not done.cancelled():
                    yield running[done], done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def measure(job: CalibrationJob) -> Point:
    """Measures one point, or what is missing of it."""
    task, axis, place = catalog.task(job.task), AXES.get(job.axis), lab.of(job.task)
    parameters = points_of(axis)[job.which]
    pairs = pairs_of(task, axis, parameters, episodes=job.episodes, seed=job.seed)
    point = job.known or Point(
        which=job.which,
        parameters=parameters,
        severity=Severity.of(place.severities(pairs, severity.measure_of(axis))),
    )
    drops = {}
    for player in job.players:
        episodes = player.episodes or job.episodes
        own = pairs_of(task, axis, parameters, episodes=episodes, seed=job.seed)
        drops[player.name] = Drop.of(place.outcomes(own, player), player.version)
    return dataclasses.replace(point, drops={**point.drops, **drops})


def sizes_between(axis: type[Axis], steps: int) -> tuple[float, ...]:
    """Sizes at equal steps from nothing to the last level, both among them."""
    sizes = np.linspace(axis.nothing, axis.levels[-1], steps + 1)
    return tuple(dict.fromkeys(round(float(size)) if whole(axis) else round(float(size), 6) for size in sizes))


def whole(axis: type[Axis]) -> bool:
    """Whether the sizes of an axis are whole numbers."""
    return all(isinstance(size, int) for size in axis.levels)


def sweep(task: Task, axis: type[Axis], sizes: Iterable[float], *, episodes: int, seed: int) -> Iterator[Severity]:
    """The severity of each size."""
    place, how = lab.of(task.name), severity.measure_of(axis)
    for size in sizes:
        pairs = pairs_of(task, axis, {axis.sized_by: size}, episodes=episodes, seed=seed)
        yield Severity.of(place.severities(pairs, how))
