"""The family "put on": put the source on the target. The rule of success is that of Liu et al., and stricter on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import numpy as np

from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.tasks.base import TaskFamily, family
from vlagen_bench.tasks.judge import Body, Contacts, EventHistory, Judge, Status, World, world_extents_m

HELD_UP_M = 0.01
"""a source that was raised is held up above this, half of `RAISED_M`: the WidowX sags while it carries"""


@dataclass(frozen=True, kw_only=True)
class SuccessRule:
    """When the source counts as on the target. All conditions hold at the end of one control step."""

    xy_margin_m: float
    """horizontal distance of the origins <= largest half extent of the target + this"""
    z_margin_m: float
    """source origin at most this far above resting on the target"""
    contact_n: float
    """source and target press on each other with more than this"""
    released: bool = False
    """no finger touches the source"""
    rest_m_s: float | None = None
    """the source moves slower than this; None: may move"""


OFFICIAL = SuccessRule(xy_margin_m=0.01, z_margin_m=0.05, contact_n=0.03)
RULES = {
    "bridge": OFFICIAL,
    "tabletop": replace(OFFICIAL, z_margin_m=0.03, released=True, rest_m_s=0.05),
}
"""scene -> the rule where the task file has none"""


@dataclass(frozen=True, kw_only=True)
class PutOnHistory(EventHistory):
    """What has happened so far."""

    over_target: bool = False
    """both fingers held the source above the target, at any step"""
    placed_once: bool = False


@dataclass(frozen=True, kw_only=True)
class PutOnStatus(PutOnHistory, Status):
    """What is true after one control step, and what was before."""

    placed: bool
    """source on target by the official geometric and contact test"""
    at_rest: bool
    on_wrong_receptacle: bool
    tool_target_m: float
    source_target_m: float

    @property
    def solved_already(self) -> bool:
        """Also where only the release is missing."""
        return self.success or self.placed


class EpisodeEvents(Protocol):
    """The facts that decide on the failure mode."""

    @property
    def success(self) -> bool: ...

    @property
    def success_once(self) -> bool: ...

    @property
    def placed(self) -> bool: ...

    @property
    def placed_once(self) -> bool: ...

    @property
    def on_wrong_receptacle(self) -> bool: ...

    @property
    def wrong_object_moved(self) -> bool: ...

    @property
    def reached(self) -> bool: ...

    @property
    def grasped(self) -> bool: ...

    @property
    def grasped_now(self) -> bool: ...


def failure_mode_of(status: EpisodeEvents) -> str | None:
    """The first that applies, nearest to success first; None for success."""
    if status.success:
        return None
    if status.placed:
        return "not_released_or_moving"
    if status.success_once or status.placed_once:
        return "placed_then_lost"
    if status.on_wrong_receptacle:
        return "wrong_receptacle"
    if not status.grasped:
        if status.wrong_object_moved:
            return "wrong_object_moved"
        return "reached_not_grasped" if status.reached else "never_reached"
    return "still_held" if status.grasped_now else "dropped"


@dataclass(kw_only=True)
class PutOnJudge(Judge):
    """Looks at poses and contacts of source and target; changes nothing."""

    rule: SuccessRule
    past: PutOnHistory = field(default_factory=PutOnHistory)
    speed_m_s: float = 0.0
    """of the source over the last control step, from where it was and is: PhysX may give a thing that stands still
    on another a velocity of centimetres a second (seen with a carton of 0.2 kg on a napkin of 0.04 kg)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sizes_m = {role: world_extents_m(body) for role, body in self.world.bodies.items()}
        self._source_m = self.starts_m["source"]
        receptacles = manifest.load(self.world.spec.pack).receptacles
        self._wrong_receptacles = [body for body in self.others if body.model in receptacles]

    def status(self, contacts: Contacts, tool_m: np.ndarray, common: Mapping[str, Any]) -> PutOnStatus:
        source, target = self.source, self.world.bodies["target"]
        placed = self._on(source, target, contacts)
        at_rest = self.rule.rest_m_s is None or self.speed_m_s <= self.rule.rest_m_s
        return PutOnStatus(
            **common,
            success=placed and at_rest and (common["released"] or not self.rule.released),
            placed=placed,
            at_rest=at_rest,
            on_wrong_receptacle=any(self._on(source, body, contacts) for body in self._wrong_receptacles),
            tool_target_m=float(np.linalg.norm(tool_m - target.position_m)),
            source_target_m=float(np.linalg.norm(source.position_m - target.position_m)),
        )

    def failure_mode(self, status: PutOnStatus) -> str:
        return failure_mode_of(status) or ""

    def watch(self, lasted: float) -> None:
        source_m = self.source.position_m
        self.speed_m_s = float(np.linalg.norm(source_m - self._source_m)) * self.world.spec.control_hz / lasted
        self._source_m = source_m

    def own_events(self, now: PutOnStatus) -> dict[str, Any]:
        raised = now.raised or self.raised(now)
        held_up = raised and now.grasped_now and self.rise_m("source") >= HELD_UP_M
        over = held_up and self._near(self.source, self.world.bodies["target"])
        return {"placed_once": now.placed_once or now.placed, "over_target": now.over_target or over}

    def riders(self, role: str, status: PutOnStatus) -> tuple[str, ...]:
        return ("source",) if role == "target" and status.placed and not status.grasped_now else ()

    def _on(self, source: Body, target: Body, contacts: Contacts) -> bool:
        rise_m = (source.position_m - target.position_m)[2]
        half_source, half_target = self.sizes_m["source"] / 2, self.sizes_m[target.role] / 2
        on_top = 0 < rise_m <= half_target[2] + half_source[2] + self.rule.z_margin_m
        pressed = np.linalg.norm(contacts.force_n(source.entity, target)) > self.rule.contact_n
        return bool(self._near(source, target) and on_top and pressed)

    def _near(self, source: Body, target: Body) -> bool:
        """Whether the source is above the target, or in it, seen from above."""
        offset = source.position_m - target.position_m
        # The largest half extent, z included, and origins rather than centres: as the official test has it.
        return bool(np.linalg.norm(offset[:2]) <= self.sizes_m[target.role].max() / 2 + self.rule.xy_margin_m)


@family
class PutOn(TaskFamily):
    """Put the source on the target."""

    name: ClassVar = "put_on"
    about: ClassVar = "put the source on the target"
    roles: ClassVar = {"source": "object", "target": "receptacle"}
    rewrites: ClassVar = REWRITES
    failure_modes: ClassVar = {
        "never_reached": "the gripper never came near the object",
        "reached_not_grasped": "it came near, and never held the object",
        "wrong_object_moved": "another object was moved instead",
        "dropped": "the object was grasped, and lost on the way",
        "still_held": "time ran out with the object in the gripper",
        "wrong_receptacle": "the object ended on the wrong receptacle",
        "not_released_or_moving": "the object was in place, but still held or moving",
        "placed_then_lost": "the object was in place, and left it again",
    }
    stages: ClassVar = {
        "reached": "the gripper came to the object",
        "grasped": "both fingers held the object",
        "raised": "they raised it from the table",
        "over_target": "they held it over the receptacle",
        "placed_once": "it was on the receptacle",
    }
    rule: ClassVar = SuccessRule
    expert: ClassVar = "vlagen_bench.policies.expert.put_on:PutOnRoutine"

    @classmethod
    def default_rule(cls, scene: str) -> SuccessRule:
        if scene not in RULES:
            raise ConfigError(
                f"The family put_on has no rule of success for the scene {scene}: write one under `success` in the task "
                f"file, such as {{xy_margin_m: 0.01, z_margin_m: 0.03, contact_n: 0.03}}."
            )
        return RULES[scene]

    @classmethod
    def judge(cls, world: World, rule: SuccessRule) -> PutOnJudge:
        return PutOnJudge(world=world, rule=rule, asked=tuple(cls.roles))
