"""The recordings of the expert that adapters are checked with, and the probes that are added to them."""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from vlagen_bench.policies.adapters.actions import Situation
from vlagen_bench.policies.conversion.deltas import poses_of_changes
from vlagen_bench.policies.conversion.images import resize
from vlagen_bench.policies.conversion.rotations import quat_of_euler_xyz
from vlagen_bench.policies.conversion.states import POSITION, QUAT
from vlagen_bench.scenes import specs

PICTURES = "tabletop"
"""whose pictures stand in for those of every scene: its assets are made here"""
PROBE_M, PROBE_RAD = 0.015, 0.06
"""of moves along, and turns about, one axis: within what every data set holds"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An action of the expert's, or a probe, where it was to be done."""

    obs: dict[str, Any]
    situation: Situation
    action: np.ndarray
    """float32 (7,)"""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What the expert saw, was told and did in an episode."""

    scene: str
    instruction: str
    states: np.ndarray
    """float32 (n, D)"""
    actions: np.ndarray
    """float32 (n, 7)"""
    pictures: dict[str, np.ndarray]
    """by camera, uint8, at the first step"""

    def obs(self, step: int) -> dict[str, Any]:
        """What the expert saw; the pictures are those of the first step."""
        return {
            "image": next(iter(self.pictures.values())),
            "images": self.pictures,
            "state": self.states[step],
            "episode_id": "recorded",
        }

    def cases(self) -> list[Case]:
        """The recorded steps, and at the first and the last of them probes along and about each axis."""
        robot = specs.scene(self.scene).robot
        base = {"base_m": robot.base.p, "base_quat_wxyz": robot.base.quat_wxyz}
        start = Situation.at_rest(self.obs(0))
        turns = quat_of_euler_xyz(self.actions[:, 3:6])
        positions, quats = poses_of_changes(start.target_m, start.target_quat_wxyz, self.actions[:, :3], turns)
        positions, quats = np.vstack([start.target_m, positions]), np.vstack([start.target_quat_wxyz, quats])

        def case(step: int, action: np.ndarray) -> Case:
            tool = np.asarray(self.states[step], np.float64)[QUAT]
            at = Situation(tool_quat_wxyz=tool, target_m=positions[step], target_quat_wxyz=quats[step], **base)
            return Case(obs=self.obs(step), situation=at, action=np.asarray(action, np.float32))

        recorded = [case(step, action) for step, action in enumerate(self.actions)]
        return recorded + [case(step, action) for step in (0, len(self.actions) - 1) for action in probes()]


def probes() -> list[np.ndarray]:
    """Moves along and turns about each axis alone, both ways, and all of them at once: the expert moves along few."""
    lengths = np.array([PROBE_M] * 3 + [PROBE_RAD] * 3 + [0.0])
    alone = [sign * lengths * (np.arange(7) == i) for i in range(6) for sign in (1, -1)]
    mixed = [lengths * np.array(signs) for signs in ((1, 0.5, -0.8, 0.7, -1, 1.2, 0), (-0.6, 1, 0.4, -1, 0.5, -1.1, 0))]
    gripper = [1.0, -1.0]
    return [action + (np.arange(7) == 6) * gripper[i % 2] for i, action in enumerate([*alone, *mixed])]


def recording(scene: str) -> Recording:
    """The one that is shipped of a scene's robot."""
    held = _read(scene)
    camera = specs.scene(scene).camera
    front = _read(PICTURES)["image_front"]
    pictures = {
        camera.name: resize(front, (camera.height_px, camera.width_px)),
        "wrist": _read(PICTURES)["image_wrist"],
    }
    states = held["states"]
    assert POSITION.stop <= states.shape[1], "a state begins with a position"
    return Recording(
        scene=scene,
        instruction=str(held["instruction"]),
        states=states,
        actions=held["actions"],
        pictures=pictures,
    )


def _read(name: str) -> dict[str, np.ndarray]:
    place = resources.files("vlagen_bench.diagnostics.adapter_check") / "recordings" / f"{name}.npz"
    with resources.as_file(place) as path, np.load(path, allow_pickle=False) as held:
        return {key: held[key] for key in held.files}
