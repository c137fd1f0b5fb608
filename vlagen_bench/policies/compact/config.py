"""The sizes of a compact policy: what it sees, how its actions are divided into bins, and how wide its network is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vlagen_bench.errors import ConfigError

ACTION_DIM = 7
SENTENCE_DIM = 384
"""of the vectors of the frozen encoder"""
MOST_BINS = 32_766
"""tokens are kept as int16"""
SOURCE, TARGET = 0, 1
"""the keypoints of the primary camera that a grounding stage teaches: the source's and the target's"""


@dataclass(frozen=True, kw_only=True)
class CompactConfig:
    """Everything that shapes the network's parameters, and the meaning of its tokens."""

    cameras: Mapping[str, int] = field(default_factory=lambda: {"front": 128, "wrist": 64})
    """camera -> side of its square picture in pixels; the first is the primary one, which the keypoints are of"""
    state_dim: int = 15
    """numbers of the robot's state, as `RobotSpec.state_layout` of the Panda names them"""
    sentence_dim: int = SENTENCE_DIM
    """numbers of a sentence's vector; the encoder has no other"""
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
        if self.bins % 2 or not 4 <= self.bins <= MOST_BINS:
            raise ConfigError(f"bins: {self.bins} is not an even number from 4 to {MOST_BINS}, such as 256.")
        if self.keypoints < 2:
            raise ConfigError(f"keypoints: at least 2 are needed, the source's and the target's, not {self.keypoints}.")
        if any(width % 8 or width < 8 for width in self.widths):
            raise ConfigError(f"widths: {list(self.widths)} are not multiples of 8, from 8 on.")
        if self.chunk < 1:
            raise ConfigError(f"chunk: at least 1 action, not {self.chunk}.")
        if self.sentence_dim != SENTENCE_DIM:
            raise ConfigError(
                f"sentence_dim: the encoder gives {SENTENCE_DIM} numbers, not {self.sentence_dim}. Leave it out."
            )
        for name, least in (("state_dim", 1), ("blocks", 0), ("hidden", 4), ("slot", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}: at least {least}, not {getattr(self, name)}.")
        for name in ("translation_m", "rotation_rad"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: more than 0 and finite, not {getattr(self, name)}.")

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
