"""The facts that the expert knows at one control step: poses, speeds and contacts in the world frame."""

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
    """the controller's target for the tool"""
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
    """the number of commanded actions that only `target` shows so far"""
