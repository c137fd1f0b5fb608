"""The tasks of ManiSkill: those that a card describes, and any other, whose roles are found by looking."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from vlagen_bench import tasks
from vlagen_bench.axes import Offer
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.plan import conditions
from vlagen_bench.scenes import native
from vlagen_bench.types import NativeTask, Task, canonical_json
from vlagen_bench.utils import paths, plugins
from vlagen_bench.utils.parsing import build, load_yaml

FAMILY = "maniskill"
NOMINAL = "nominal"
VERSIONED = re.compile(r"(?P<stem>[\w./-]+)-v\d+")
NOMINAL_AXES: dict[str, dict[str, Any]] = {"start": {}, "yaw": {"degrees": [0]}}
"""the axes of every episode beside its instruction: the task's own reset, and nothing turned"""
SHOWN = (
    "obs_mode",
    "reward_mode",
    "render_mode",
    "render_backend",
    "human_render_camera_configs",
    "viewer_camera_configs",
)
"""keyword arguments of an environment that change what is shown of an episode, not the episode"""
CPU_BACKENDS = ("auto", "cpu", "physx_cpu")
OWN_SCENES = (
    "distractor_object", "distractor_receptacle", "object", "position", "receptacle", "receptacle_position",
    "receptacle_reposition", "reference", "table", "table_height",
)  # fmt: skip
"""axes that choose assets or places of this package's own scenes: the code of a task names its things itself"""
ITSELF = "its things, and where they stand, are chosen by its own code"
UNSIZED = "no card says which attributes of its class set the size of its object"
ENDLESS = 1_000_000
"""steps of an episode that its task does not end, where nobody has to know"""
POLITE = ("could you please {}", "would you kindly {}", "please {} for me", "I would like you to {}, please")
RESULT = ("make sure that in the end {}", "once you are done, {}", "what I want to see is that {}")
LOOSE = (
    "hey, any chance you could {} for me",
    "so, somebody really ought to {}, and that somebody is you",
    "mind doing me a little favour? just {}",
)
STORY = (
    "My hands are full at the moment, so I need your help with something small: {}. Touch nothing else, please.",
    "This is a quick test of how well you listen. There may be a few things in front of you. What I ask of you is to {}.",
    "The teacher shows the class what a robot can do. Today it will {}, and everybody is watching.",
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What nobody can see in the code of a task, and a person has written down."""

    name: str
    """its id in ManiSkill"""
    version: int
    max_steps: int
    """a limit of ours: those that ManiSkill registers are shorter than its own solutions need"""
    source: str
    """the actor that the robot is asked to handle"""
    goal_visible: bool
    """whether pictures show where it has to go"""
    instruction: str
    target: str | None = None
    alternatives: tuple[str, ...] = ()
    """the instruction with another verb"""
    result: str = ""
    """what is so in the end, as a clause"""
    clear_m: float = 0.0
    """how far from the target axes put the source at least: nearer, the task would be done before the first action"""
    size_attributes: tuple[str, ...] = ()
    """attributes of the task, in metres, by which every length of the source can be scaled, and what follows from it with it"""
    oracle: str = ""
    unfit: dict[str, str] = field(default_factory=dict)
    """axes that make no sense in it, each with a clause that says why"""


def card_files() -> dict[str, Path]:
    """Id -> card of every listed task."""
    return {path.stem: path for path in sorted((paths.tasks_dir() / FAMILY).glob("*.yaml"))}


@cache
def card(name: str) -> Card:
    """The card of a listed task; raises `ConfigError` for a mistake in it."""
    path = card_files()[name]
    read = build(Card, load_yaml(path), str(path))
    if read.name != name:
        raise ConfigError(f"{path}: the task is called '{read.name}' inside, but the file is called '{name}'.")
    return read


def listed() -> Iterator[tuple[str, Card, Offer]]:
    """Id, card and what axes find, of every listed task; nothing is scouted for that."""
    for name in card_files():
        read = card(name)
        nominal = {**NOMINAL_AXES, "instruction": {}}
        task = Task(
            name=name, version=read.version, scene=native.SCENE, max_steps=read.max_steps, nominal_name=NOMINAL,
            nominal=nominal, family=FAMILY, native=NativeTask(env=name, rewrites=rewrites(read), unfit=unfit(read)),
        )  # fmt: skip
        yield name, read, tasks.offer_of(task)


def unfit(read: Card) -> tuple[tuple[str, str], ...]:
    """Axes that make no sense in a task, each with the reason."""
    sizes = {} if read.size_attributes else {"object_size": UNSIZED}
    return tuple((dict.fromkeys(OWN_SCENES, ITSELF) | sizes | read.unfit).items())


def is_native(name: str) -> bool:
    """Whether a task's name is the id of a task of ManiSkill, or `module:Class`."""
    env = name.partition("{")[0]
    return ":" in env or VERSIONED.fullmatch(env) is not None


def short(name: str) -> str:
    """How a task is called in the ids of environments: without its version, which is that of the card."""
    match = VERSIONED.fullmatch(name)
    return re.sub(r"\W", "", match["stem"] if match else name.rpartition(":")[2])


def task(name: str) -> Task:
    """The task of a name in an episode: its id, and after it the keyword arguments of its environment where they are not the default.

    Raises:
        ConfigError: arguments that are no JSON, or with which there are no episodes.
    """
    env, brace, rest = name.partition("{")
    kwargs_json = brace + rest if brace else "{}"
    try:
        _require_episodes(json.loads(kwargs_json))
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"The task {name!r} has arguments that are no JSON ({error}). Write them such as "
            f'\'StackCube-v1{{"control_mode":"pd_joint_pos"}}\'.'
        ) from None
    return _task(env, kwargs_json, plugins.version())


def task_with(name: str, kwargs: Mapping[str, Any]) -> Task:
    """The task with keyword arguments of its environment, such as `robot_uids` or `control_mode`.

    Raises:
        ConfigError: an argument that an episode cannot hold, since it is no plain value, or asks for several environments.
    """
    _require_episodes(kwargs)
    kept = {key: value for key, value in kwargs.items() if key not in (*SHOWN, "num_envs", "sim_backend")}
    try:
        return _task(name, canonical_json(kept), plugins.version(), limited=False)
    except TypeError as error:
        raise ConfigError(
            f"perturb: the arguments {', '.join(kept)} decide what an episode is, and are stored in it as plain values "
            f"({error}). Give names in place of classes, and numbers in place of poses."
        ) from None


def _require_episodes(kwargs: Mapping[str, Any]) -> None:
    """Raises `ConfigError` for arguments with which a task has no episodes: several at once, or on a GPU, where none repeats itself."""
    if kwargs.get("num_envs", 1) != 1:
        raise ConfigError("num_envs: an episode is one environment. For several, make several.")
    if (backend := kwargs.get("sim_backend", "auto")) not in CPU_BACKENDS:
        raise ConfigError(f"sim_backend={backend!r}: episodes are played by physics on the CPU. Leave it out.")


@cache
def _task(name: str, kwargs_json: str, version: int, *, limited: bool = True) -> Task:
    """As `task_with`, for one version of what is included; where it need not be `limited`, episodes may never end."""
    listed = name in card_files()
    read = card(name) if listed else _by_looking(name, kwargs_json, limited)
    of = NativeTask(
        env=name,
        kwargs_json=kwargs_json,
        source=read.source,
        target=read.target,
        goal_visible=read.goal_visible if listed else None,
        clear_m=read.clear_m,
        size_attributes=read.size_attributes,
        oracle=read.oracle,
        rewrites=rewrites(read),
        unfit=unfit(read),
        listed=listed,
    )
    made = Task(
        name=name if kwargs_json == "{}" else f"{name}{kwargs_json}",
        version=read.version,
        scene=native.SCENE,
        max_steps=read.max_steps,
        nominal_name=NOMINAL,
        nominal={**NOMINAL_AXES, "instruction": {"templates": [read.instruction]}},
        ends_on_success=True,
        family=FAMILY,
        variants=True,
        native=of,
    )
    generated = conditions.of_task(tasks.offer_of(made), made.nominal)
    return Task(**{**vars(made), "conditions": generated})


def rewrites(read: Card) -> tuple[tuple[str, ...], ...]:
    """The instruction by level of the axis `instruction`: another verb, polite, by its result, loose, and in a story."""
    if not read.alternatives or not read.result:
        return ()
    asked = read.instruction
    return (
        read.alternatives,
        tuple(form.format(asked) for form in POLITE),
        tuple(form.format(read.result) for form in RESULT),
        tuple(form.format(asked) for form in LOOSE),
        tuple(form.format(asked) for form in STORY),
    )


def _by_looking(name: str, kwargs_json: str, limited: bool) -> Card:
    """What can be seen of a task that has no card; raises `ConfigError` where that is not enough."""
    facts = native.facts_of(name, kwargs_json, None)
    if facts.max_episode_steps is None and limited:
        raise ConfigError(
            f"The task {name} does not say after how many steps an episode ends. Register it with max_episode_steps: "
            f"@register_env('{name}', max_episode_steps=100)."
        )
    return Card(
        name=name,
        version=1,
        max_steps=facts.max_episode_steps or ENDLESS,
        source=facts.found["source"],
        goal_visible=False,
        instruction=words_of(short(name)),
    )


def words_of(name: str) -> str:
    """`StackCube` as an instruction: "stack cube"."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower()


def remarks(of: Task) -> tuple[str, ...]:
    """What there is to know of a task before its scores are read, a sentence each."""
    if of.native is None:
        return ()
    said = []
    if not of.native.listed:
        said.append(
            f"{of.native.env} has no card: its object was found by looking ({of.native.source}, the first that can move), and its "
            f'instruction is its name, "{of.nominal["instruction"]["templates"][0]}".'
        )
    if of.native.listed and not of.native.goal_visible:
        said.append(
            f"{of.native.env} hides its goal from pictures: a policy that sees only pictures cannot know where it is."
        )
    return tuple(said)


def unknown_task(name: str, known: Mapping[str, Any]) -> str:
    """The sentence for a name that is neither a task of this package nor of ManiSkill."""
    return unknown("task", name, [*known, *card_files()])
