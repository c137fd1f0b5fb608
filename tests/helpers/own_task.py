"""A user's own task of ManiSkill, in a file outside the repository that knows nothing of this package."""

SOURCE = '''"""Slide a puck over the table onto a mark."""

import sapien
import torch
from mani_skill.envs.sapien_env import BaseEnv
from mani_skill.sensors.camera import CameraConfig
from mani_skill.utils import sapien_utils
from mani_skill.utils.building import actors
from mani_skill.utils.registration import register_env
from mani_skill.utils.scene_builder.table import TableSceneBuilder
from mani_skill.utils.structs.pose import Pose

HALF_M = 0.025


@register_env("SlidePuck-v1", max_episode_steps=12)
class SlidePuckEnv(BaseEnv):
    SUPPORTED_ROBOTS = ["panda"]

    def __init__(self, *args, robot_uids="panda", **kwargs):
        super().__init__(*args, robot_uids=robot_uids, **kwargs)

    @property
    def _default_sensor_configs(self):
        pose = sapien_utils.look_at(eye=[0.4, 0, 0.6], target=[-0.1, 0, 0])
        return [CameraConfig("front", pose, 64, 64, 1.2, 0.01, 100)]

    def _load_agent(self, options):
        super()._load_agent(options, sapien.Pose(p=[-0.615, 0, 0]))

    def _load_scene(self, options):
        self.table_scene = TableSceneBuilder(self)
        self.table_scene.build()
        self.puck = actors.build_cube(
            self.scene, half_size=HALF_M, color=[0.8, 0.3, 0.1, 1], name="puck", initial_pose=sapien.Pose(p=[0, 0, 0.1])
        )
        self.mark = actors.build_box(
            self.scene, half_sizes=[0.05, 0.05, 0.001], color=[0.1, 0.1, 0.6, 1], name="mark", body_type="kinematic",
            add_collision=False, initial_pose=sapien.Pose(p=[0.1, 0.1, 0.001]),
        )

    def _initialize_episode(self, env_idx, options):
        with torch.device(self.device):
            self.table_scene.initialize(env_idx)
            xyz = torch.zeros((len(env_idx), 3))
            xyz[:, :2] = torch.rand((len(env_idx), 2)) * 0.1 - 0.1
            xyz[:, 2] = HALF_M
            self.puck.set_pose(Pose.create_from_pq(xyz))

    def evaluate(self):
        away = torch.linalg.norm(self.puck.pose.p[:, :2] - self.mark.pose.p[:, :2], axis=1)
        return {"success": away < 0.03}

    def _get_obs_extra(self, info):
        return {"puck": self.puck.pose.raw_pose}
'''
