"""The sizes of a compact policy: what it sees, how its actions are divided into bins, and how wide its network is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vlagen_bench.errors import ConfigError

ACTION_DIM = 7
SOURCE, TARGET = 0, 1
"""the keypoints of the primary camera that a grounding stage teaches: the source's and the target's"""


@dataclass(frozen=True, kw_only=True)
class CompactConfig:
    """Everything that shapes the network's parameters, and the meaning of its tokens."""

    cameras: Mapping[str, int] = field(default_factory=lambda: {"front": 128, "wrist": 64})
    """camera -> side of its square picture in pixels; the first is the primary one, which the keypoints are of"""
    state_dim: int = 15
    """numbers of the robot's state, as `RobotSpec.state_layout` of the Panda names them"""
    sentence_dim: int = 384
    """numbers of a sentence's vector"""
    chunk: int = 4
    """actions of one decision"""
    bins: int = 256
    """tokens of each action dimension; even: one of them is exactly zero"""
    translation_m: float = 0.065
    """the largest translation that a token stands for, along each axis"""
    rotation_rad: float = 0.45
    """the same of a rotation"""
    widths: tuple[int, int] = (32, 64)
    """channels at a quarter and at an eighth of the picture's side"""
    blocks: int = 2
    """residual blocks at an eighth of the side, between two at a quarter"""
    keypoints: int = 32
    """places that are read from each picture"""
    hidden: int = 512
    """numbers of the vector from which actions and value are read"""
    slot: int = 48
    """numbers that each token is read from"""

    def __post_init__(self) -> None:
        if not self.cameras or any(px % 8 or px < 16 for px in self.cameras.values()):
            raise ConfigError(
                f"cameras: {dict(self.cameras)} does not fit. Give at least one camera, each with a side of 16 pixels or "
                f"more that 8 divides, such as {{front: 128, wrist: 64}}."
            )
        if self.bins % 2 or self.bins < 4:
            raise ConfigError(f"bins: {self.bins} is not an even number of at least 4, such as 256.")
        if self.keypoints < 2:
            raise ConfigError(f"keypoints: at least 2 are needed, the source's and the target's, not {self.keypoints}.")
        if any(width % 8 for width in self.widths):
            raise ConfigError(f"widths: {list(self.widths)} are not multiples of 8.")
        if self.chunk < 1:
            raise ConfigError(f"chunk: at least 1 action, not {self.chunk}.")

    @cached_property
    def primary(self) -> str:
        """The camera that the keypoints of source and target are of."""
        return next(iter(self.cameras))

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """By action dimension, what the largest token stands for: m, rad, and 1 for the opened gripper."""
        return (self.translation_m,) * 3 + (self.rotation_rad,) * 3 + (1.0,)

    @cached_property
    def tokens(self) -> int:
        """Tokens of one decision."""
        return self.chunk * ACTION_DIM
