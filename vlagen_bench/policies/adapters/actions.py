"""What the numbers that a model answers mean, as data, and the two functions that read and write them.

`decode` makes this package's actions of a model's numbers, and `encode` is its inverse: the numbers that the model would have
to answer. `decode` has two halves, `read` and `played`, between which predictions of the same step can be averaged. All follow an `OutputForm`, so that a form that is wrong in one place can be tried out: `vlagen adapter check`
finds mistakes in that way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from vlagen_bench.policies.conversion import deltas, frames, grippers, rotations
from vlagen_bench.policies.conversion.bins import TokenBins
from vlagen_bench.policies.conversion.frames import Frame
from vlagen_bench.policies.conversion.grippers import Polarity
from vlagen_bench.policies.conversion.normalisation import Scheme, Statistics, normalise, unnormalise
from vlagen_bench.policies.conversion.rotations import RotationFormat, format_of
from vlagen_bench.policies.conversion.states import POSITION, QUAT

ActionPart = Literal["translation", "rotation", "gripper"]
PARTS: tuple[ActionPart, ...] = get_args(ActionPart)
Reference = Literal["delta", "absolute"]
REFERENCES: tuple[Reference, ...] = get_args(Reference)
IDENTITY = (1.0, 0.0, 0.0, 0.0)
TURN = slice(3, 7)
"""where the quaternion stands in what `read` gives"""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Where the robot is when a model's answer is read; all poses in the frame of the base."""

    tool_quat_wxyz: np.ndarray
    """(4,) the tool's measured orientation"""
    target_m: np.ndarray
    """(3,) the target that the next change is added to"""
    target_quat_wxyz: np.ndarray
    """(4,) its orientation"""
    base_m: tuple[float, ...] = (0.0, 0.0, 0.0)
    """where the base stands in the world"""
    base_quat_wxyz: tuple[float, ...] = IDENTITY
    """how it is turned there"""

    @classmethod
    def at_rest(cls, obs: Mapping[str, Any], **base: tuple[float, ...]) -> "Situation":
        """The situation at the beginning of an episode: the target is where the tool is."""
        state = np.asarray(obs["state"], np.float64)
        return cls(tool_quat_wxyz=state[QUAT], target_m=state[POSITION], target_quat_wxyz=state[QUAT], **base)


@dataclass(frozen=True, kw_only=True)
class ActionForm:
    """What an action means where a model was trained."""

    order: tuple[ActionPart, ...] = ("translation", "rotation", "gripper")
    """its parts, one behind the other"""
    reference: Reference = "delta"
    """changes of the target, or the target itself"""
    frame: Frame = "base"
    """whose axes it is along"""
    axes: str = "x,y,z"
    """what the model's axes are called here, with signs: -y,x,z"""
    translation_unit_m: float = 1.0
    """metres of a translation of 1"""
    rotation: RotationFormat = "euler_xyz"
    rotation_unit_rad: float = 1.0
    """radians of an angle of 1"""
    gripper: Polarity = "one_open"
    gripper_threshold: float | None = None
    """in the model's numbers; None: commands stay continuous"""

    def sizes(self) -> dict[ActionPart, int]:
        """How many numbers each part has."""
        return {"translation": 3, "rotation": format_of(self.rotation).size, "gripper": 1}

    @property
    def size(self) -> int:
        """How many numbers an action has."""
        return sum(self.sizes()[part] for part in self.order)

    def slices(self) -> dict[ActionPart, slice]:
        """Where each part stands."""
        found: dict[ActionPart, slice] = {}
        start = 0
        for part in self.order:
            found[part] = slice(start, start + self.sizes()[part])
            start += self.sizes()[part]
        return found


@dataclass(frozen=True, kw_only=True)
class OutputForm:
    """What a model answers: actions, perhaps normalised, perhaps as tokens."""

    action: ActionForm = field(default_factory=ActionForm)
    key: str = ""
    """the name of the statistics"""
    statistics: Statistics | None = None
    """None: the numbers are in the data set's units already"""
    scheme: Scheme = "quantiles"
    bins: TokenBins | None = None
    """None: numbers, not tokens"""

    def units(self, values: np.ndarray) -> np.ndarray:
        """A model's answer (H, n) in the data set's units."""
        if self.bins is not None:
            values = self.bins.decode(values)
        return values if self.statistics is None else unnormalise(values, self.statistics, self.scheme)

    def written(self, units: np.ndarray) -> np.ndarray:
        """The inverse of `units`: what the model would answer."""
        values = units if self.statistics is None else normalise(units, self.statistics, self.scheme)
        return values if self.bins is None else self.bins.encode(values)

    def decode(self, values: np.ndarray, situation: Situation) -> np.ndarray:
        """A model's answer (H, n) as actions float32 (H, 7) of this package."""
        return decode(self.action, self.units(np.atleast_2d(values)), situation)

    def read(self, values: np.ndarray, situation: Situation) -> np.ndarray:
        """A model's answer (H, n) as changes or targets (H, 8) that can be averaged; see `read` of this module."""
        return read(self.action, self.units(np.atleast_2d(values)), situation)

    def encode(self, actions: np.ndarray, situation: Situation) -> np.ndarray:
        """The inverse of `decode`: the answer (H, n) that becomes these actions (H, 7)."""
        return self.written(encode(self.action, np.atleast_2d(actions), situation))


def decode(form: ActionForm, values: np.ndarray, situation: Situation) -> np.ndarray:
    """Actions float32 (H, 7) of numbers (H, n) in the data set's units.

    Raises:
        ValueError: they are not as many numbers as the form has.
    """
    return played(form, read(form, values, situation), situation)


def read(form: ActionForm, values: np.ndarray, situation: Situation) -> np.ndarray:
    """Of numbers (H, n) in the data set's units the changes, or the absolute targets, as the form's reference is.

    Returns:
        (H, 8), along the axes of the base: metres, a quaternion wxyz, and the gripper still in the model's numbers, before any
        threshold. Predictions of the same step, made at different times, can be averaged in this form.

    Raises:
        ValueError: they are not as many numbers as the form has.
    """
    values = np.asarray(values, np.float64)
    if values.shape[-1] != form.size:
        raise ValueError(
            f"{form.size} numbers an action are expected ({', '.join(form.order)}), not {values.shape[-1]}"
        )
    at = form.slices()
    rotation = format_of(form.rotation)
    angles = values[:, at["rotation"]] * (form.rotation_unit_rad if rotation.angles else 1.0)
    matrix = frames.axes_matrix(form.axes)
    moves = frames.with_axes(matrix, values[:, at["translation"]] * form.translation_unit_m)
    turns = _renamed(matrix, rotation.to_quat(angles))
    moves, turns = _in_base(form, moves, turns, situation)
    return np.concatenate([moves, turns, values[:, at["gripper"]]], axis=1)


def played(form: ActionForm, numbers: np.ndarray, situation: Situation) -> np.ndarray:
    """Actions float32 (H, 7) of what `read` gave, from the present target on."""
    moves, turns = numbers[:, :3], numbers[:, TURN]
    if form.reference == "absolute":
        moves, turns = deltas.changes_of_poses(situation.target_m, situation.target_quat_wxyz, moves, turns)
    gripper = grippers.to_plus_one_open(numbers[:, 7:8], form.gripper, form.gripper_threshold)
    return np.concatenate([moves, rotations.euler_xyz_of_quat(turns), gripper], axis=1).astype(np.float32)


def encode(form: ActionForm, actions: np.ndarray, situation: Situation) -> np.ndarray:
    """The inverse of `decode`: numbers (H, n) in the data set's units, of actions (H, 7)."""
    actions = np.asarray(actions, np.float64)
    moves, turns = _from_base(form, actions[:, :3], rotations.quat_of_euler_xyz(actions[:, 3:6]), situation)
    rotation = format_of(form.rotation)
    inverse = frames.axes_matrix(form.axes).T
    angles = rotation.of_quat(_renamed(inverse, turns)) / (form.rotation_unit_rad if rotation.angles else 1.0)
    parts = {
        "translation": frames.with_axes(inverse, moves) / form.translation_unit_m,
        "rotation": angles,
        "gripper": grippers.from_plus_one_open(actions[:, 6:7], form.gripper),
    }
    return np.concatenate([parts[part] for part in form.order], axis=1)


def _renamed(matrix: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Rotations (H, 4) whose axes are called otherwise."""
    if np.array_equal(matrix, np.eye(3)):
        return turns
    return rotations.quat_of_axis_angle(frames.with_axes(matrix, rotations.axis_angle_of_quat(turns), rotations=True))


def _in_base(
    form: ActionForm, moves: np.ndarray, turns: np.ndarray, situation: Situation
) -> tuple[np.ndarray, np.ndarray]:
    """Changes, or absolute poses, along the axes of the base, of what the model answered in its frame."""
    base = rotations.inverse(np.array(situation.base_quat_wxyz))
    if form.reference == "absolute":
        if form.frame == "world":
            moves = rotations.rotate(base, moves - np.array(situation.base_m))
            turns = rotations.multiply(base, turns)
        return moves, turns
    if form.frame == "world":
        return frames.turned_change(base, moves, turns)
    if form.frame == "tool":
        return _along_the_tool(moves, turns, situation.tool_quat_wxyz, outwards=True)
    return moves, turns


def _from_base(
    form: ActionForm, moves: np.ndarray, turns: np.ndarray, situation: Situation
) -> tuple[np.ndarray, np.ndarray]:
    """The inverse of `_in_base`."""
    base = np.array(situation.base_quat_wxyz)
    if form.reference == "absolute":
        moves, turns = deltas.poses_of_changes(situation.target_m, situation.target_quat_wxyz, moves, turns)
        if form.frame == "world":
            moves, turns = rotations.rotate(base, moves) + np.array(situation.base_m), rotations.multiply(base, turns)
        return moves, turns
    if form.frame == "world":
        return frames.turned_change(base, moves, turns)
    if form.frame == "tool":
        return _along_the_tool(moves, turns, situation.tool_quat_wxyz, outwards=False)
    return moves, turns


def _along_the_tool(
    moves: np.ndarray, turns: np.ndarray, tool_wxyz: np.ndarray, *, outwards: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Changes along the axes of the tool as along those of the base (`outwards`), or back; each turns the tool for the next."""
    now, found = np.asarray(tool_wxyz, np.float64), []
    for move, turn in zip(moves, turns, strict=True):
        changed = frames.turned_change(now if outwards else rotations.inverse(now), move, turn)
        found.append(changed)
        now = rotations.multiply(changed[1] if outwards else turn, now)
    return np.stack([move for move, _ in found]), np.stack([turn for _, turn in found])
