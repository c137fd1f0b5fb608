"""The scene `tabletop`: a Panda at a drawn table."""

import numpy as np

from vlagen_bench.scenes.base import CameraSpec, Grid, Pose, RobotSpec, SceneSpec
from vlagen_bench.scenes.verbs import Light

# Gains, limits and the rest pose are those of mani_skill 3.0.1, agents/robots/panda/panda.py.
# A step of a normalised action is that of the WidowX.
# Speeds of the tool: Franka's limits in Cartesian space, 1.7 m/s and 2.5 rad/s ("Robot and interface specifications" of the
# Franka Control Interface). The simulated arm has no such limit: it followed a single command of 0.6 m in one control step.
PANDA = RobotSpec(
    name="panda",
    urdf="mani_skill:panda/panda_v2.urdf",
    base=Pose(p=(-0.615, 0.0, 0.0)),
    arm_joints=tuple(f"panda_joint{i}" for i in range(1, 8)),
    gripper_joints=("panda_finger_joint1", "panda_finger_joint2"),
    init_qpos=(0.0, np.pi / 8, 0.0, -np.pi * 5 / 8, 0.0, np.pi * 3 / 4, np.pi / 4, 0.04, 0.04),
    stiffness=(1000.0,) * 7,
    damping=(100.0,) * 7,
    force_limit=(100.0,) * 7,
    gripper_stiffness=1000.0,
    gripper_damping=100.0,
    gripper_force_limit=100.0,
    gripper_closed_m=-0.01,
    gripper_open_m=0.04,
    tool_link="panda_hand_tcp",
    finger_links=("panda_leftfinger", "panda_rightfinger"),
    action_step_m=0.04,
    action_step_rad=0.20,
    tool_speed_m_s=1.7,
    tool_speed_rad_s=2.5,
    finger_friction=2.0,
    simplify_to=0.07,
)

# On the hand's free side, tilted by 30 degrees towards the finger tips, with a field of view of 75 degrees as robosuite's
# `eye_in_hand` (LIBERO's wrist camera): both tips, and what is between them, are seen with the fingers open or closed.
WRIST = CameraSpec(
    name="wrist",
    width_px=128,
    height_px=128,
    pose=Pose(p=(0.08, 0.0, 0.03), quat_wxyz=(0.5, 0.0, -0.8660254, 0.0)),
    mount="panda_hand",
    focal_px=83.41,
    centre_px=(64.0, 64.0),
)

TABLETOP = SceneSpec(
    name="tabletop",
    pack="household",
    robot=PANDA,
    camera=CameraSpec(
        name="front",
        width_px=256,
        height_px=256,
        pose=Pose(p=(0.86, 0.33, 0.57), quat_wxyz=(0.17122, 0.15935, 0.02807, -0.97186)),
        mount=None,
        focal_px=302.0,
        centre_px=(128.0, 128.0),
    ),
    extra_cameras=(WRIST,),
    grid=Grid(
        centre_m=(0.0, 0.0),
        inner=6,
        inner_half_edge_m=0.09,
        ring=8,
        ring_half_edge_m=0.13,
        separation_m=0.12,
        third_separation_m=0.16,  # more than two of the largest receptacles need side by side
    ),
    table_height_m=0.0,
    backdrop="table",
    physics_hz=100,
    control_hz=5,
    drop_from="bottom",
    drop_height_m=0.005,
    reposition_height_m=0.02,
    settle_s=(0.2, 1.0),
    arm_slack_while_settling=False,
    object_friction=1.0,
    default_friction=0.3,
    ambient=(0.27, 0.27, 0.28),
    lights=(
        Light(direction=(-0.45, 0.55, -1.0), colour=(1.50, 1.45, 1.38), shadow=True, penumbra_m=0.03),
        Light(direction=(0.10, -0.10, -1.0), colour=(0.80, 0.82, 0.86), shadow=True, penumbra_m=0.075),
        Light(direction=(-0.8, -0.6, -0.7), colour=(0.35, 0.36, 0.38)),
    ),
    offers=("colours and categories", "overlay textures"),
)
