"""The environment `vlagen` for LeRobot's own commands: `lerobot-eval --env.discover_packages_path=vlagen_lerobot --env.type=vlagen`."""

from dataclasses import dataclass, field
from typing import Any

import gymnasium
from lerobot.configs.types import FeatureType, PolicyFeature
from lerobot.envs.configs import EnvConfig

from vlagen_lerobot.env import ARMS, CONDITIONS, TASK, Arm, make_env

__all__ = ["Arm", "VlagenEnv", "make_env"]

ID = "vlagen_lerobot/Arm-v0"
gymnasium.register(id=ID, entry_point=Arm)


@EnvConfig.register_subclass("vlagen")
@dataclass
class VlagenEnv(EnvConfig):
    """One arm of one condition; a run of its own plays the other arm."""

    task: str | None = TASK
    fps: int = 5
    condition: str = CONDITIONS[0]
    arm: str = ARMS[0]
    size_px: int = 256
    features: dict[str, PolicyFeature] = field(default_factory=dict)
    features_map: dict[str, str] = field(
        default_factory=lambda: {
            "front": "observation.images.front",
            "agent_pos": "observation.state",
            "action": "action",
        }
    )

    def __post_init__(self) -> None:
        self.features = {
            "front": PolicyFeature(FeatureType.VISUAL, (self.size_px, self.size_px, 3)),
            "agent_pos": PolicyFeature(FeatureType.STATE, (15,)),
            "action": PolicyFeature(FeatureType.ACTION, (7,)),
        }

    @property
    def gym_id(self) -> str:
        """What Gymnasium makes."""
        return ID

    @property
    def gym_kwargs(self) -> dict[str, Any]:
        """Of which arm."""
        return {"task": self.task, "condition": self.condition, "arm": self.arm, "size_px": self.size_px}
