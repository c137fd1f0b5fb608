"""The records of the benchmark: frozen dataclasses for tasks, conditions, suites, episodes and results."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

AxisSet = Mapping[str, Mapping[str, Any]]
"""axis name -> its parameters, as YAML says them"""

Outcome = Literal["success", "failure", "error"]


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, so that equal values have equal hashes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What one row of a results table does to a task."""

    perturb: dict[str, dict[str, Any]] = field(default_factory=dict)
    """the axes under test: absent, or nominal, in the clean twin"""
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)
    """axes that differ from nominal in the episode and in its twin alike, because the perturbation needs them"""
    digits: tuple[str, ...] = ()
    """axes of the official episode id, most significant first; empty: the task's"""
    group: str = ""
    """row group of the report; empty: the kind of the first perturbed axis"""
    twin: str = ""
    """how its clean twin is called where `shared` makes it differ from nominal; empty: `<condition>:clean`"""


@dataclass(frozen=True, kw_only=True)
class NativeTask:
    """A task of ManiSkill, or of a user of it: its environment, and what a card or a look at it says of it."""

    env: str
    """its id there, such as `StackCube-v1`; of a class without one, `module:Class`"""
    kwargs_json: str = "{}"
    """keyword arguments of its environment, as canonical JSON"""
    source: str | None = None
    """the actor that the robot is asked to handle; None: the first that can move"""
    target: str | None = None
    """the actor that it goes to; None: there is none"""
    goal_visible: bool | None = None
    """whether pictures show where it has to go; None: nobody has said so"""
    clear_m: float = 0.0
    """how far from the target the source has to stand at least, where the task counts it as done further out than it is wide"""
    size_attributes: tuple[str, ...] = ()
    """attributes of the task, in metres, that set the size of the source, so that spawn, success and reward follow"""
    oracle: str = ""
    """name of the privileged policy that solves it; empty: there is none"""
    rewrites: tuple[tuple[str, ...], ...] = ()
    """instructions by level of the axis `instruction`, from 1"""
    unfit: tuple[tuple[str, str], ...] = ()
    """axes that make no sense in it, each with a clause that says why"""
    listed: bool = True
    """whether a card says all this; else it was found by looking"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task file: a task of one family in one scene, nominally and under named conditions."""

    name: str
    version: int
    scene: str
    max_steps: int
    nominal_name: str
    """how the condition without perturbation is called"""
    nominal: dict[str, dict[str, Any]]
    """the axes of every episode, in their training distribution"""
    conditions: dict[str, Condition] = field(default_factory=dict)
    variants: bool = False
    """whether every level and setting of every axis is a condition too, called `lighting_l3` or `object_test`"""
    digits: tuple[str, ...] = ()
    """axes of the official episode id, most significant first; empty: the task has none"""
    ends_on_success: bool = False
    """whether an episode ends at its first success, or always runs `max_steps`"""
    family: str = "put_on"
    """what kind of task it is: see `vlagen_bench.tasks`"""
    success: dict[str, Any] | None = None
    """when the task is done: the family's rule; None: as the family says of the scene"""
    pack: str = ""
    """the asset pack; empty: the scene's"""
    shaders: Literal["minimal", "default"] = "minimal"
    """the shader pack that draws its pictures: `minimal` is quick, `default` is what the published policies saw"""
    changes: tuple[str, ...] = ()
    """what it does otherwise than the task that it was made from, one sentence each"""
    native: NativeTask | None = None
    """the task of ManiSkill that it is; None: it plays in a scene of this package"""

    @property
    def ref(self) -> str:
        """`name@version`, as stored in episodes."""
        return f"{self.name}@{self.version}"

    def condition_names(self) -> tuple[str, ...]:
        """Nominal first, then as the file lists them."""
        return (self.nominal_name, *self.conditions)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A suite file: which conditions of which task are run, and how many episodes of each."""

    name: str
    version: int
    task: str
    episodes: int
    """per condition; with `groups` it is the number of scenes, each of which has one condition of every group"""
    conditions: tuple[str, ...] = ()
    """once read: all of them, those of `axes`, `combined` and `groups` too"""
    axes: tuple[str, ...] = ()
    """axes of which every level and setting is a condition"""
    combined: tuple[tuple[str, ...], ...] = ()
    """conditions that are run together, and each by itself"""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """group -> axes whose levels and settings take turns over the scenes (`plan.rotation`), and are tested together first"""
    levels: tuple[int, ...] = ()
    """the levels of the axes in `groups` that take turns; empty: all"""
    groups_of: str = ""
    """the suite whose `groups` and `levels` are used; empty: its own"""
    seed: int = 0
    twins: bool = True
    """whether clean twins are run too, for the paired drop"""
    official_ids: bool = False
    """whether the episodes are those of `ids/<suite>.json`, condition -> official episode ids, and of no seed"""
    tasks: tuple[str, ...] = ()
    """all tasks of a suite of several, `task` among them; each is a suite of its own, `<suite>-<task>`; empty: `task` alone"""
    ids_of: str = ""
    """the suite whose file of official ids is used; empty: its own"""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Everything that defines one episode; a scene can be rebuilt from it without its suite."""

    task: str
    condition: str
    index: int
    """counts within (task, condition)"""
    seed: int
    values: Mapping[str, Any]
    """axis name -> sampled JSON value"""
    twin: str | None = None
    """id of the clean twin; None: it is clean itself, or runs without"""
    official_id: int | None = None
    """the integer that names these values in the official environment, where one was given"""

    @cached_property
    def id(self) -> str:
        """16 hex digits of the content hash."""
        content = [self.task, self.condition, self.index, self.seed, self.values]
        return content_hash(content)[:16]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; `from_dict` is its inverse."""
        return {
            "id": self.id,
            "task": self.task,
            "condition": self.condition,
            "index": self.index,
            "seed": self.seed,
            "values": dict(self.values),
            "twin": self.twin,
            "official_id": self.official_id,
        }

    @property
    def instruction(self) -> str:
        """The instruction that the policy gets."""
        text: str = self.values["instruction"]["text"]
        return text


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The episodes of a run, in order: each condition's, then the clean twins that are not among them."""

    suite: Suite
    episodes: tuple[Episode, ...]

    @cached_property
    def hash(self) -> str:
        """Identity of the plan: suite name and version, and every episode."""
        return content_hash([self.suite.name, self.suite.version, [e.id for e in self.episodes]])

    @cached_property
    def by_id(self) -> dict[str, Episode]:
        return {episode.id: episode for episode in self.episodes}


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """What became of one episode: one line of `episodes.jsonl`."""

    episode: Episode
    outcome: Outcome
    success_once: bool | None
    success_at_end: bool | None
    steps: int
    metrics: Mapping[str, Any]
    timings: Mapping[str, float]
    error: str | None = None
    restarts: int = 0
    """how often it was begun before and given up: with a worker that was lost, or through another episode of its batch"""

    def to_dict(self) -> dict[str, Any]:
        """The JSON line."""
        return {
            **self.episode.to_dict(),
            "outcome": self.outcome,
            "success_once": self.success_once,
            "success_at_end": self.success_at_end,
            "steps": self.steps,
            "metrics": dict(self.metrics),
            "timings": dict(self.timings),
            "error": self.error,
            **({"restarts": self.restarts} if self.restarts else {}),
        }
