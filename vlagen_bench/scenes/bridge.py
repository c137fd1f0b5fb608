"""The scene `bridge`: a WidowX-250S before a photo, as in the paper, with the sources of its numbers."""

from vlagen_bench.scenes.base import CameraSpec, Grid, Pose, RobotSpec, SceneSpec
from vlagen_bench.scenes.verbs import Light

# Sources of the bridge numbers: Liu et al. (NeurIPS 2025) as released in gen-robot/RL4VLA commit 55f966d,
# put_on_in_scene_multi.py and bridge_dataset_eval/base_env.py (also in mani_skill 3.0.1).
# A step of a normalised action is the largest of the 99 % quantiles of BridgeData V2's actions, which are at 5 Hz too
# (statistics `bridge_orig` of OpenVLA: 0.028, 0.041, 0.040 m and 0.082, 0.078, 0.204 rad), rounded.
# Speeds of the tool: the URDF allows each joint pi rad/s. Moved from the rest pose along each axis of the base by single
# commands of 0.02 to 0.6 m, the simulated arm went 0.30 m at most in a control step of 0.2 s.
WIDOWX = RobotSpec(
    name="widowx250s",
    urdf="pack:widowx250s/wx250s.urdf",
    base=Pose(p=(0.147, 0.028, 0.870), quat_wxyz=(0.0, 0.0, 0.0, 1.0)),
    arm_joints=("waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate"),
    gripper_joints=("left_finger", "right_finger"),
    init_qpos=(-0.01840777, 0.0398835, 0.22242722, -0.00460194, 1.36524296, 0.00153398, 0.037, 0.037),
    stiffness=(
        1169.7891719504198,
        730.0,
        808.4601346394447,
        1229.1299089624076,
        1272.2760456418862,
        1056.3326605132252,
    ),
    damping=(330.0, 180.0, 152.12036565582588, 309.6215302722146, 201.04998711007383, 269.51458932695414),
    force_limit=(200.0, 200.0, 100.0, 100.0, 100.0, 100.0),
    gripper_stiffness=1000.0,
    gripper_damping=200.0,
    gripper_force_limit=60.0,
    gripper_closed_m=0.014,
    gripper_open_m=0.038,
    tool_link="ee_gripper_link",
    finger_links=("left_finger_link", "right_finger_link"),
    action_step_m=0.04,
    action_step_rad=0.20,
    tool_speed_m_s=1.5,
    tool_speed_rad_s=3.14,
    specular_roughness=(0.9, 0.3),
    trigonometry="torch",
)

BRIDGE = SceneSpec(
    name="bridge",
    pack="bridge",
    robot=WIDOWX,
    camera=CameraSpec(
        name="3rd_view_camera",
        width_px=640,
        height_px=480,
        pose=Pose(p=(0.0, -0.16, 0.36), quat_wxyz=(0.8992917, -0.09263245, 0.35892478, 0.23209205)),
        mount="base_link",
        focal_px=623.588,
        centre_px=(319.501, 239.545),
    ),
    grid=Grid(
        centre_m=(-0.16, 0.0),
        inner=6,
        inner_half_edge_m=0.075,
        ring=8,
        ring_half_edge_m=0.105,
        separation_m=0.070,
        third_separation_m=0.15,
    ),
    table_height_m=0.87,
    backdrop="photo",
    physics_hz=500,
    control_hz=5,
    drop_from="origin",
    drop_height_m=0.08,
    reposition_height_m=0.13,
    settle_s=(0.1, 1.2),
    arm_slack_while_settling=True,
    object_friction=1.0,
    default_friction=0.3,
    ambient=(0.3, 0.3, 0.3),
    lights=(
        Light(direction=(0.0, 0.0, -1.0), colour=(2.2, 2.2, 2.2)),
        Light(direction=(-1.0, -0.5, -1.0), colour=(0.7, 0.7, 0.7)),
        Light(direction=(1.0, 1.0, -1.0), colour=(0.7, 0.7, 0.7)),
    ),
    offers=("overlay textures",),
)
