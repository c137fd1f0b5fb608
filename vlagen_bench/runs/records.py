"""What a run folder stores, as types: its header, its plan's episodes, and the result of each attempt at one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from vlagen_bench.tasks.behaviour import MEASURES
from vlagen_bench.types import Outcome

SCHEMA = 1
"""version of everything that is stored"""


@dataclass(frozen=True, kw_only=True)
class SuiteKey:
    """Which suite was run."""

    name: str
    version: int
    task: str


@dataclass(frozen=True, kw_only=True)
class PolicyKey:
    """Which policy was asked, and how its chunks were executed."""

    name: str
    arguments: dict[str, str]
    execution: dict[str, Any] = field(default_factory=dict)
    live: bool = False
    """whether it was an object of a running program, or made of a class there, which no name can load again"""


@dataclass(frozen=True, kw_only=True)
class PackKey:
    """The assets that were used."""

    name: str
    version: int
    stand_ins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """How a run ended before its plan did."""

    until: str
    episodes: int
    intervals: dict[str, tuple[float, float]]
    verdict: str | None = None


@dataclass(frozen=True, kw_only=True)
class OutsideKey:
    """Something that the run took from outside the package."""

    kind: Literal["suite", "task", "pack", "axis", "family", "policy"]
    name: str
    sha256: str | None
    """of its file, or of all content of the place with its code; None: of code that no file holds"""
    path: str | None = None
    module: str | None = None
    package: str | None = None
    imports: dict[str, str] = field(default_factory=dict)
    """name -> SHA-256 of the user's files that a task's own file, or an axis's, imports; empty: none, or not recorded"""


@dataclass(frozen=True, kw_only=True)
class ServerKey:
    """What a policy server says of itself."""

    sha256: str
    """of its metadata"""
    metadata: dict[str, Any] | None = None
    """None: they are too long to be kept"""


@dataclass(frozen=True, kw_only=True)
class FingerprintKey:
    """What the scored policy was, by its content, and what it was scored with."""

    since: str
    """when its first results were made, UTC"""
    kind: Literal["built-in", "code", "server"]
    version: str | None = None
    """as the policy says it"""
    files: dict[str, str] = field(default_factory=dict)
    """its source files and their SHA-256"""
    left_out: int = 0
    """source files beyond those"""
    server: ServerKey | None = None
    environment: dict[str, str | None] = field(default_factory=dict)
    """versions of the product, of the simulator, of the renderer and of the assets"""


@dataclass(frozen=True, kw_only=True)
class FingerprintChange:
    """A run that went on with another policy, or in another environment."""

    was: FingerprintKey | None
    """None: none was recorded"""
    at: str
    """UTC"""
    episodes: int
    """how many had an outcome then"""
    policy: bool
    """whether the policy changed, not the environment alone"""
    what: tuple[str, ...]
    """a clause for each difference"""


@dataclass(frozen=True, kw_only=True)
class AttemptsKey:
    """How often episodes were tried, at the end of the last session."""

    episodes: int
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Header:
    """The content of `header.json`."""

    schema: int
    suite: SuiteKey
    conditions: tuple[str, ...]
    episodes_per_condition: int
    plan_hash: str
    policy: PolicyKey
    oracle: bool
    pack: PackKey
    seed: int | None = None
    harness: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str | None] = field(default_factory=dict)
    git_commit: str | None = None
    device: dict[str, Any] = field(default_factory=dict)
    renderer: str | None = None
    robot_spec: dict[str, Any] = field(default_factory=dict)
    cameras: dict[str, tuple[int, int]] = field(default_factory=dict)
    """width and height (px) of what each camera showed the policy; empty: not recorded, which was before there was a choice"""
    players: tuple[dict[str, Any], ...] = ()
    """executor and workers of each session that played"""
    stopped: Stopped | None = None
    outside: tuple[OutsideKey, ...] = ()
    fingerprint: FingerprintKey | None = None
    """None: of a run that was made before there were any"""
    fingerprint_changes: tuple[FingerprintChange, ...] = ()
    attempts: AttemptsKey | None = None
    maniskill: dict[str, Any] = field(default_factory=dict)
    """of a task of ManiSkill: its environment, the hash of its source, and remarks; empty: it plays in a scene of this package"""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """group -> axes whose conditions take turns over the scenes; `episodes_per_condition` is then the number of scenes"""


@dataclass(frozen=True, kw_only=True)
class EpisodeLine:
    """The JSON form of an episode, with its types."""

    id: str
    task: str
    condition: str
    index: int
    seed: int
    values: dict[str, Any]
    twin: str | None = None
    official_id: int | None = None

    def of(self) -> dict[str, Any]:
        """What it says of the episode, in the form of `Episode.to_dict`."""
        return {one.name: getattr(self, one.name) for one in fields(EpisodeLine)}


@dataclass(frozen=True, kw_only=True)
class EpisodeRecord(EpisodeLine):
    """A line of `episodes.jsonl`, with its types."""

    outcome: Outcome
    success_once: bool | None
    success_at_end: bool | None
    steps: int
    metrics: dict[str, Any]
    timings: dict[str, Any]
    error: str | None = None
    restarts: int = 0
    """how often the episode was begun before and given up, for this result"""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        content = {one.name: getattr(self, one.name) for one in fields(self)}
        return content if self.restarts else {key: value for key, value in content.items() if key != "restarts"}


FLAG, NUMBER, COUNT = (bool,), (int, float), (int,)
BEHAVIOUR: Mapping[str, tuple[type, ...]] = {
    one.name: COUNT if one.whole else (*NUMBER, type(None)) if one.optional else NUMBER for one in MEASURES
}
"""the metrics of the arm's behaviour"""
METRICS: Mapping[str, tuple[type, ...]] = {
    "reached": FLAG,
    "grasped": FLAG,
    "grasped_now": FLAG,
    "consecutive_grasp": FLAG,
    "placed": FLAG,
    "placed_once": FLAG,
    "released": FLAG,
    "at_rest": FLAG,
    "wrong_object_moved": FLAG,
    "on_wrong_receptacle": FLAG,
    "tool_source_m": NUMBER,
    "tool_target_m": NUMBER,
    "source_target_m": NUMBER,
    "raised": FLAG,
    "over_target": FLAG,
    "progress": NUMBER,
    "oversized_steps": COUNT,
    **BEHAVIOUR,
    "first_success_step": (int, type(None)),
    "lifted": FLAG,
    "lifted_once": FLAG,
    "wrong_object_lifted": FLAG,
    "rise_m": NUMBER,
    "held_s": NUMBER,
    "trouble": (str, type(None)),
}
"""the types of the metrics that reports count; others are any plain value"""
ORACLES: Mapping[str, bool] = {
    "random": False,
    "noop": False,
    "expert": True,
    "replay": True,
    "compact": False,
    "reference-sft": False,
    "reference-ppo": False,
}
"""built-in policy -> whether it sees the simulator's state, or repeats who did"""
ADDED = ("raised", "over_target", "progress", "oversized_steps", *BEHAVIOUR)
"""metrics that runs of earlier releases lack: there they are not known, which is no contradiction"""


def scored(record: EpisodeRecord) -> Mapping[str, bool | None]:
    """What a record says of success."""
    return {"success": record.success_at_end, "success_once": record.success_once}
