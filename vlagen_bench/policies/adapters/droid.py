"""DROID's form on openpi's server: what is asked, and the poses of the tool that velocities of the joints lead to.

Assumed, from Physical-Intelligence/openpi (`examples/droid/main.py`, `src/openpi/policies/droid_policy.py`) and droid-dataset/droid
(`droid/robot_ik/robot_ik_solver.py`): 15 actions a second, each seven velocities from -1 to 1 and the gripper, 1 closed; a velocity of 1
is 0.2 rad an action. Of 10 actions 8 are played. Here a control step is as long as several of those actions, whose moves are added.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import ActionForm, OutputForm
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.observations import PictureForm, StateForm
from vlagen_bench.policies.conversion.kinematics import JOINTS, panda_tool
from vlagen_bench.scenes import specs

RATE_HZ = 15
STEP_RAD = 0.2
"""how far a joint turns in one action at a velocity of 1"""
PLAYED_S = 0.6
"""how long a chunk is played before the model is asked again: 9 actions, where DROID's own loop plays 8"""
STATE = "state"
PICTURE = PictureForm(size_px=(224, 224), how="bilinear", fit="pad")
ROBOT = "panda"


def conventions(scene: str) -> Conventions:
    """What such a model sees, and what its answers mean once `poses` has read them.

    Raises:
        PolicyError: the scene has another robot.
    """
    spec = specs.scene(scene)
    if spec.robot.name != ROBOT:
        raise PolicyError(
            f"form=droid: models of DROID's form move the joints of a {ROBOT}, but the robot of {scene} is a {spec.robot.name}. "
            f"Score them on tabletop."
        )
    return Conventions(
        pictures={
            "observation/exterior_image_1_left": PICTURE,
            "observation/wrist_image_left": dataclasses.replace(PICTURE, camera="wrist"),
        },
        state=StateForm(parts=("joints", "closing")),
        state_key=STATE,
        output=OutputForm(
            action=ActionForm(reference="absolute", rotation="quat_wxyz", gripper="one_closed", gripper_threshold=0.5)
        ),
        chunk=0,
        replan_steps=round(PLAYED_S * spec.control_hz),
    )


def question(given: Mapping[str, Any]) -> dict[str, Any]:
    """The observation as the server wants it: joints and gripper apart."""
    state = given[STATE]
    rest = {name: value for name, value in given.items() if name != STATE}
    return {**rest, "observation/joint_position": state[:JOINTS], "observation/gripper_position": state[JOINTS:]}


def poses(actions: np.ndarray, joints_rad: np.ndarray, control_hz: int) -> np.ndarray:
    """Targets of the tool (H, 8), position, quaternion wxyz and gripper, at the end of each control step.

    Args:
        actions: (n, 8) as the server answers them; what is left over of the last control step is not played.
        joints_rad: (7,) where the robot is.
        control_hz: control steps a second.

    Raises:
        PolicyError: there are too few, or they have another form.
    """
    together = round(RATE_HZ / control_hz)
    actions = np.atleast_2d(np.asarray(actions, np.float64))
    if actions.shape[1:] != (JOINTS + 1,) or len(actions) < together:
        raise PolicyError(
            f"form=droid: the server answered actions of shape {actions.shape}; there have to be at least {together} of 8 numbers."
        )
    turned = np.asarray(joints_rad, np.float64) + STEP_RAD * np.cumsum(np.clip(actions[:, :JOINTS], -1, 1), axis=0)
    ends = slice(together - 1, None, together)
    positions, quats = panda_tool(turned[ends])
    return np.concatenate([positions, quats, actions[ends, JOINTS:]], axis=1)
