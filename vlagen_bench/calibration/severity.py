"""Measures of severity: the distance between an episode and its clean twin, in pictures, metres or ratios."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from vlagen_bench.axes.base import Axis
from vlagen_bench.axes.shared.wording import words_changed
from vlagen_bench.errors import ConfigError
from vlagen_bench.sim.measurements import ObjectReading, Reading
from vlagen_bench.utils.registry import Registry


@dataclass(frozen=True, kw_only=True)
class EpisodeObservation:
    """What was seen of one episode."""

    instruction: str
    readings: tuple[Reading, ...]
    """at its start, then after each step that was played"""
    picture: np.ndarray | None = None
    """the first, uint8 RGB (H, W, 3); None: not drawn"""

    @property
    def start(self) -> Reading:
        return self.readings[0]

    def thing(self, role: str) -> ObjectReading:
        """The thing in a role, at the start."""
        return self.start.things[role]


Distance = Callable[[EpisodeObservation, EpisodeObservation], float]
Needs = Literal["start", "picture", "hold", "motion"]
"""what must be seen: the start; its picture too; steps in which the arm holds still; steps in which it is told what the
expert does in the clean twin"""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A distance of an episode from its clean twin."""

    name: str
    unit: str
    what: str
    """one line"""
    needs: Needs
    between: Distance
    """(episode, clean twin) -> the distance"""


MEASURES: Registry[Measure] = Registry("measure")


def measure_of(axis: type[Axis]) -> Measure:
    """The measure that an axis names; raises `ConfigError` if it names none, or one that does not exist."""
    name = getattr(axis, "measure", None)
    if name is None:
        raise ConfigError(f"The axis {axis.name} names no measure. Set `measure`: {', '.join(MEASURES.names())}.")
    try:
        return MEASURES.get(name)
    except ConfigError as error:
        raise ConfigError(f"The axis {axis.name}: {error}") from None


def _measure(name: str, unit: str, what: str, needs: Needs = "start") -> Callable[[Distance], Distance]:
    def add(between: Distance) -> Distance:
        MEASURES.add(name, Measure(name=name, unit=unit, what=what, needs=needs, between=between))
        return between

    return add


@_measure("picture", "ΔE", "difference of the first pictures in CIELAB, root mean square over pixels", "picture")
def _picture(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    # CIE 1976: the Euclidean distance in L*a*b*; about 2.3 is just noticeable side by side (Mahy et al. 1994).
    assert look.picture is not None and twin.picture is not None, "a measure that needs a picture gets it"
    return float(np.sqrt(np.mean(np.sum(np.square(_lab(look.picture) - _lab(twin.picture)), axis=-1))))


def _lab(rgb: np.ndarray) -> np.ndarray:
    """L*a*b* of uint8 sRGB, D65. OpenCV's own interpolates in a coarse table, and is off by up to 0.2 for greys."""
    xyz = _LINEAR[rgb] @ (_XYZ_OF_RGB / _XYZ_OF_RGB.sum(axis=1, keepdims=True)).T
    x, y, z = np.moveaxis(np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_LEVELS = np.arange(256) / 255
# IEC 61966-2-1: from levels to linear light, and from there to CIE XYZ.
_LINEAR = np.where(_LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92)
_XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@_measure("shift", "% of width", "how far the outer places of the table move in the picture, mean", "picture")
def _shift(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    # For the camera itself, since pixels of a patterned table differ as much after a small turn as after a large one.
    moves = np.subtract(look.start.places_px, twin.start.places_px)
    return float(100 * np.linalg.norm(moves, axis=1).mean() / look.start.width_px)


@_measure("words", "share", "share of the instruction's words that differ from the twin's")
def _words(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return words_changed(look.instruction, twin.instruction)


@_measure("source_outside_m", "m", "how far the object stands outside the trained square, beyond the twin's")
def _source_outside_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return look.thing("source").outside_m - twin.thing("source").outside_m


@_measure("target_outside_m", "m", "how far the receptacle stands outside the trained square, beyond the twin's")
def _target_outside_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return look.thing("target").outside_m - twin.thing("target").outside_m


@_measure("source_yaw_rad", "rad", "how far the object is turned about the vertical from the twin's")
def _source_yaw_rad(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    """The twist of the rotation between them, so that a thing that has rolled over meanwhile counts as it is turned."""
    w, x, y, z = look.thing("source").quat_wxyz
    tw, tx, ty, tz = twin.thing("source").quat_wxyz
    # Scalar part and z of look * conjugate(twin); q and -q are the same rotation.
    scalar, vertical = w * tw + x * tx + y * ty + z * tz, z * tw - w * tz + y * tx - x * ty
    return float(2 * np.arctan2(abs(vertical), abs(scalar)))


@_measure("joints_rad", "rad", "distance of the arm's first joint angles from the twin's, root of the sum of squares")
def _joints_rad(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _distance(look.start.joints_rad, twin.start.joints_rad)


@_measure("base_m", "m", "how far the robot's base is from where it stands in the twin")
def _base_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _distance(look.start.base_m, twin.start.base_m)


@_measure("table_m", "m", "difference of the table's height from the twin's")
def _table_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return abs(look.start.table_m - twin.start.table_m)


@_measure("moved_m", "m", "the furthest that a thing jumps within one step, less its way in the twin", "hold")
def _moved_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return max(_level_m(jump, other) for jump, other in zip(_jumps(look), _jumps(twin), strict=True))


def _jumps(look: EpisodeObservation) -> Iterable[np.ndarray]:
    for before, after in pairwise(look.readings):
        for role, thing in after.things.items():
            yield np.subtract(thing.position_m, before.things[role].position_m)


@_measure("push_m_s", "m/s", "the largest change of a thing's velocity against the twin, horizontally", "hold")
def _push_m_s(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return max(
        _level_m(thing.velocity_m_s, other.things[role].velocity_m_s)
        for reading, other in zip(look.readings, twin.readings, strict=True)
        for role, thing in reading.things.items()
    )


@_measure("mass_ratio", "times", "the object's mass against the twin's, the larger over the smaller")
def _mass_ratio(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _times(look.thing("source").mass_kg, twin.thing("source").mass_kg)


@_measure("friction_ratio", "times", "the object's friction against the twin's, the larger over the smaller")
def _friction_ratio(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _times(look.thing("source").friction, twin.thing("source").friction)


@_measure("size_ratio", "times", "the object's edges against the twin's, the larger over the smaller, geometric mean")
def _size_ratio(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    volume, other = (float(np.prod(observation.thing("source").extents_m)) for observation in (look, twin))
    return _times(volume, other) ** (1 / 3)


@_measure("grip_ratio", "times", "the most that the fingers press against the twin's, the larger over the smaller")
def _grip_ratio(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _times(look.start.finger_force_n, twin.start.finger_force_n)


@_measure("gains_ratio", "times", "stiffness of the arm's drives against the twin's, the larger over the smaller, mean")
def _gains_ratio(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return float(np.mean(list(map(_times, look.start.stiffness, twin.start.stiffness))))


@_measure("mass_centre_m", "m", "how far the object's centre of mass lies from where it is in the twin's object")
def _mass_centre_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return _distance(look.thing("source").mass_centre_m, twin.thing("source").mass_centre_m)


@_measure("path_m", "m", "mean distance of the tool from the twin's after each step of the same actions", "motion")
def _path_m(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    steps = zip(look.readings[1:], twin.readings[1:], strict=True)
    return float(np.mean([_distance(reading.tool_m, other.tool_m) for reading, other in steps]))


@_measure("age_s", "s", "mean age of what the policy sees, beyond the twin's", "hold")
def _age_s(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    age, other = (
        np.mean([reading.shown_age_s for reading in observation.readings[1:]]) for observation in (look, twin)
    )
    return float(age - other)


@_measure("things", "things", "how many things there are more than in the twin")
def _things(look: EpisodeObservation, twin: EpisodeObservation) -> float:
    return float(len(look.start.things) - len(twin.start.things))


def _distance(first: Iterable[float], second: Iterable[float]) -> float:
    return float(np.linalg.norm(np.subtract(tuple(first), tuple(second))))


def _level_m(first: Iterable[float], second: Iterable[float]) -> float:
    """Horizontal distance."""
    return _distance(tuple(first)[:2], tuple(second)[:2])


def _times(value: float, other: float) -> float:
    return max(value / other, other / value)
