"""What does the expert know at one control step? Poses, speeds and contacts, as plain values in the world frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vlagen_bench.policies.expert.shapes import Frame


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The privileged view of one moment."""

    tool: Frame
    """measured"""
    target: Frame
    """where the controller is told to bring the tool"""
    base: Frame
    """of the robot; actions are along its axes"""
    poses: Mapping[str, Frame]
    """by role"""
    speed_m_s: float
    """of the source, as the simulator says"""
    touched: bool
    """whether a finger touches the source"""
    status: Any
    """the judge's, of the task's family"""
    late: int = 0
    """how many of the actions told by now show in none of this yet, but in `target`"""
