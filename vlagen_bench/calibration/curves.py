"""Calibration curves: the measured severity and the policies' loss at each level of an axis, as files."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import NormalDist, fmean, stdev
from typing import Any

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.parsing import build, load_yaml

EXPERT = "expert"
"""the policy that is played on every axis that it feels"""
Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, kw_only=True)
class Severity:
    """A measure over episodes: its mean, with a 95 % interval."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]
    """one an episode"""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Severity":
        """Student's t interval of the mean of two values or more."""
        from scipy.special import stdtrit  # only here, since it takes a while to load

        mean = fmean(values)
        half = stdtrit(len(values) - 1, 0.975) * stdev(values) / sqrt(len(values))
        return cls(mean=_short(mean), low=_short(mean - half), high=_short(mean + half), values=(*map(_short, values),))


@dataclass(frozen=True, kw_only=True)
class Drop:
    """What a policy loses against its clean twins, over pairs of episodes, with a 95 % interval."""

    pairs: int
    successes: int
    twin_successes: int
    drop: float
    low: float
    high: float
    outcomes: str = ""
    """of the episodes in their order: 1 is a success; empty: not recorded"""
    twin_outcomes: str = ""
    """of their clean twins"""
    version: str = ""
    """of the policy, if it says one"""

    @classmethod
    def of(cls, outcomes: Sequence[tuple[bool, bool]], version: str = "") -> "Drop":
        """Bonett and Price's interval for paired rates (J. Educational and Behavioral Statistics 37:479, 2012).

        Args:
            outcomes: success in the episode, and in its twin.
            version: of the policy.
        """
        n = len(outcomes)
        lost = sum(twin and not own for own, twin in outcomes)
        gained = sum(own and not twin for own, twin in outcomes)
        p, q = (lost + 1) / (n + 2), (gained + 1) / (n + 2)
        half = Z95 * sqrt((p + q - (p - q) ** 2) / (n + 2))
        return cls(
            pairs=n,
            successes=sum(own for own, _ in outcomes),
            twin_successes=sum(twin for _, twin in outcomes),
            drop=_short((lost - gained) / n),
            low=_short(max(p - q - half, -1.0)),
            high=_short(min(p - q + half, 1.0)),
            outcomes="".join(str(int(own)) for own, _ in outcomes),
            twin_outcomes="".join(str(int(twin)) for _, twin in outcomes),
            version=version,
        )


@dataclass(frozen=True, kw_only=True)
class Point:
    """One level or setting of an axis."""

    which: str
    """`0` is nothing at all, `1` to `5` are the levels, others are settings"""
    parameters: Mapping[str, Any]
    severity: Severity
    drops: Mapping[str, Drop] = field(default_factory=dict)
    """by policy"""


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve:
    """All that was measured of one axis in one task."""

    axis: str
    kind: str
    task: str
    """`name@version`"""
    measure: str
    unit: str
    """of the measure"""
    sized_by: str
    size_unit: str
    episodes: int
    """each with its clean twin, at each point"""
    seed: int
    plan: str
    """hash of these episodes"""
    versions: Mapping[str, str]
    command: str
    """that measures it again"""
    points: tuple[Point, ...] = ()

    def at(self, which: str) -> Point | None:
        """The point, if it is measured."""
        return next((point for point in self.points if point.which == which), None)

    def having(self, point: Point, order: Sequence[str]) -> "CalibrationCurve":
        """The curve with one point more, or in place of the old one."""
        points = {each.which: each for each in (*self.points, point)}
        return dataclasses.replace(self, points=tuple(points[which] for which in order if which in points))

    @property
    def levels(self) -> tuple[Point, ...]:
        """The points of levels, `0` too."""
        return tuple(point for point in self.points if point.which.isdigit())

    @property
    def all_drops(self) -> tuple[Mapping[str, Drop], ...]:
        """By policy, at each point."""
        return tuple(point.drops for point in self.points)

    @property
    def grows(self) -> bool:
        """Whether each level is harder than the one before."""
        means = [point.severity.mean for point in self.levels]
        return all(before < after for before, after in pairwise(means))

    def learned(self) -> tuple[str, ...]:
        """The policies besides the expert that were measured at any point."""
        return tuple(name for name in self.players() if name != EXPERT)

    def players(self) -> tuple[str, ...]:
        """Policies that were measured at any point."""
        return tuple(dict.fromkeys(name for point in self.points for name in point.drops))


def path_of(folder: Path, task: str, axis: str) -> Path:
    """The file of an axis's curve in a task."""
    return folder / "data" / task / f"{axis}.json"


def part_of(path: Path) -> Path:
    """The file of a curve that is not complete yet."""
    return path.with_name(f"{path.name}.part")


def read(path: Path) -> CalibrationCurve | None:
    """The curve in a file; None if there is no file. Raises `ConfigError` if it is no curve."""
    return build(CalibrationCurve, load_yaml(path), str(path)) if path.exists() else None


def read_all(folder: Path) -> tuple[CalibrationCurve, ...]:
    """All curves below a folder, by task and axis."""
    return tuple(curve for path in sorted((folder / "data").glob("*/*.json")) if (curve := read(path)))


def write(curve: CalibrationCurve, path: Path, *, complete: bool) -> None:
    """Writes a curve, as text that differs only where the numbers do: to `path` if it is complete, else beside it.

    So an interrupt leaves the old curve as it was, and what was measured of the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    part.write_text(json.dumps(dataclasses.asdict(curve), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if complete:
        part.replace(path)


def equal_steps(sizes: Sequence[float], means: Sequence[float], *, whole: bool, steps: int = 5) -> tuple[float, ...]:
    """The sizes at which severity has made 1/5, 2/5 ... of its way, between measured ones by straight lines.

    Args:
        sizes: where it was measured, the first with no effect.
        means: severity there.
        whole: whether sizes are whole numbers; else they get two significant digits.
        steps: how many to find.

    Raises:
        ConfigError: severity does not grow from each size to the next.
    """
    for (size, mean), (larger, more) in pairwise(zip(sizes, means, strict=True)):
        if more <= mean:
            raise ConfigError(
                f"The measured severity does not grow from size {size:g} ({mean:.4g}) to {larger:g} ({more:.4g}), "
                f"so sizes cannot be read off it. Measure more episodes (--episodes), or choose a smaller last level."
            )
    wanted = np.linspace(means[0], means[-1], steps + 1)[1:]
    interpolated = np.interp(wanted, means, sizes)
    return tuple(round(size) if whole else float(f"{size:.2g}") for size in interpolated)


def _short(value: float) -> float:
    """To six significant digits, so that the last bits of a machine do not reach the file."""
    return float(f"{value:.6g}")
