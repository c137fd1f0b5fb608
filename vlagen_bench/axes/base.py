"""The base classes of axes: `sample` draws values without a simulator, `apply` puts them into a scene."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from types import MappingProxyType
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from vlagen_bench.axes.shared import declared
from vlagen_bench.axes.shared.exclusive import exclusive
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.packs.manifest import Pack
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.verbs import ModelKind, Scene
from vlagen_bench.types import AxisSet, NativeTask
from vlagen_bench.utils.blame import code_of
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.registry import Registry

Kind = Literal["vision", "semantics", "execution", "dynamics"]
Stage = Literal["build", "reset", "prompt", "render", "step"]
Cameras = Literal["every", "primary", "scene"]
STAGES: tuple[Stage, ...] = ("build", "reset", "prompt", "render", "step")


PUT_ON_ROLES: Mapping[str, str] = MappingProxyType({"source": "object", "target": "receptacle"})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What an axis may look at while it samples."""

    scene: SceneSpec
    pack: Pack
    values: Mapping[str, Any]
    """of the axes named in `after` that the episode has"""
    roles: Mapping[str, str] = field(default_factory=lambda: PUT_ON_ROLES)
    """of the task's family: role -> the axis that fills it"""
    rewrites: tuple[tuple[str, ...], ...] = REWRITES
    """of the task's family: templates by level of the axis `instruction`, from 1"""
    native: NativeTask | None = None
    """the task of ManiSkill that it is"""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What axes find in a task."""

    task: str
    family: str
    scene: str
    roles: tuple[str, ...]
    capabilities: frozenset[str]
    """of the scene, its pack and the family"""
    axes: frozenset[str]
    """that every episode has"""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """axes that make no sense in it, whatever they require: name -> why, as a clause"""


class Axis(ABC):
    """One way in which episodes differ. A frozen dataclass: its fields are its YAML schema."""

    name: ClassVar[str]
    kind: ClassVar[Kind]
    stage: ClassVar[Stage]
    after: ClassVar[tuple[str, ...]] = ()
    """axes whose value this one looks at when it samples, where they are there; it sees no others"""
    assets: ClassVar[ModelKind | None] = None
    """what its value is the id of, where it fills a role; None: of no model"""
    requires_roles: ClassVar[tuple[str, ...]] = ()
    """roles without which it makes no sense: `target` for what happens to the receptacle"""
    requires_axes: ClassVar[tuple[str, ...]] = ()
    """axes that have to be nominal in the task, since this one is not sampled without them; itself, where its levels
    only change what the task file gives it"""
    requires_capabilities: ClassVar[tuple[str, ...]] = ()
    """what scene, pack or family must offer for its levels and settings: see `SceneSpec.offers`"""
    sized_by: ClassVar[str] = ""
    """the field that a level sets; empty: the axis has no size"""
    unit: ClassVar[str] = ""
    """the field's name"""
    levels: ClassVar[tuple[float, ...]] = ()
    """its values at levels 1, 2 ... 5, each harder than the one before; `vlagen calibrate` measures them"""
    nothing: ClassVar[float] = 0.0
    """the size at which nothing changes"""
    bounds: ClassVar[tuple[float, float]] = (-inf, inf)
    """the least and the largest size that make sense, both allowed: `make` refuses others"""
    settings: ClassVar[AxisSet] = MappingProxyType({})
    """named parameters of what has no size, such as `test` for the held-out assets"""
    hidden: ClassVar[bool] = False
    """whether nobody can ask for it: some tasks have it in every episode, and lists of axes leave it out"""
    takes: ClassVar[tuple[str, ...]] = ()
    """what there is one of in an episode, and this axis uses; two axes that take the same exclude each other"""
    shows: ClassVar[bool] = False
    """whether the first picture differs from the clean twin's"""
    cameras: ClassVar[Cameras] = "scene"
    """whose pictures it changes, where an episode is seen by several cameras: those of `every` one; those of the `primary` one
    alone, as what is done to that camera itself; `scene`: it changes what is there or how the robot acts, and each camera
    shows of that what it sees"""
    measure: ClassVar[str]
    """how hard it is, measured: a name of `vlagen_bench.calibration.severity.MEASURES`"""

    def needs(self) -> AxisSet:
        """Parameters of other axes without which this one cannot be, in the clean twin too."""
        return {}

    @classmethod
    def summary(cls) -> str:
        """What the axis changes: the first line of its docstring."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    @classmethod
    def variants(cls) -> dict[str, Mapping[str, Any]]:
        """Name -> parameters of everything ready-made: levels as `1`, `2` ..., then the settings."""
        sizes = {str(number): {cls.sized_by: size} for number, size in enumerate(cls.levels, start=1)}
        return sizes | dict(cls.settings)

    @abstractmethod
    def sample(self, rng: np.random.RandomState, draft: Draft) -> Any:
        """A JSON value, from `rng`, `draft` and the fields alone."""

    @staticmethod
    @abstractmethod
    def apply(scene: Scene, value: Any) -> None:
        """Changes the scene from nominal, through `Scene` verbs only."""


class PoolAxis(Axis):
    """An axis with finitely many values in a fixed order, so that an integer can name one."""

    @abstractmethod
    def size(self, draft: Draft) -> int:
        """How many values there are."""

    @abstractmethod
    def pick(self, index: int, draft: Draft) -> Any:
        """The value number `index`, 0 <= index < size."""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> Any:
        """One of the pool, uniformly."""
        return self.pick(int(rng.randint(self.size(draft))), draft)


class SizeAxis(Axis):
    """An axis whose value is its size: nothing is drawn."""

    def sample(self, rng: np.random.RandomState, draft: Draft) -> float:
        """The size."""
        size: float = getattr(self, self.sized_by)
        return size


AXES: Registry[type[Axis]] = Registry("axis")


def axis(cls: type[Axis]) -> type[Axis]:
    """Class decorator: makes the axis known under its name; raises `ConfigError` for what it must not declare."""
    choices = {
        "kind": get_args(Kind), "stage": STAGES, "assets": (None, *get_args(ModelKind)), "cameras": get_args(Cameras),
    }  # fmt: skip
    declared.check_axis(cls, choices)
    AXES.add(cls.name, cls, hidden=cls.hidden)
    return cls


def make(name: str, parameters: Mapping[str, Any], where: str) -> Axis:
    """The axis `name` with these parameters; raises `ConfigError` for an unknown name or key, or an odd size."""
    with code_of(f"axis {name}", AXES.get(name)):
        made = build(AXES.get(name), dict(parameters), f"{where}: {name}")
    size = getattr(made, made.sized_by) if made.sized_by else None
    least, most = made.bounds
    # None: an axis whose size may be left out.
    if size is not None and not (isfinite(size) and least <= size <= most):
        raise ConfigError(
            f"{where}: {name}: `{made.sized_by}` is {size} ({made.unit}). Choose a size from {least:g} to {most:g}."
        )
    return made


def variant(name: str, which: str) -> Mapping[str, Any]:
    """Parameters of a ready-made strength: `variant("lighting", "3")`; raises `ConfigError` for unknown names."""
    known = AXES.get(name).variants()
    if which not in known:
        raise ConfigError(unknown("level or setting", which, known, of=f"The axis {name}"))
    return known[which]


def lack_of(cls: type[Axis], offer: Offer, *, ready_made: bool = True) -> str | None:
    """Why an axis makes no sense in a task, as a sentence; None where it does.

    Args:
        cls: the axis.
        offer: what it finds in the task.
        ready_made: whether its levels and settings are asked for, and not parameters that a task file gives it.
    """
    whose = f"the task {offer.task} (family {offer.family})"
    if cls.name in offer.unfit:
        return f"The axis {cls.name} makes no sense in {whose}: {offer.unfit[cls.name]}."
    for role in cls.requires_roles:
        if role not in offer.roles:
            return f"The axis {cls.name} needs the role {role}, which {whose} does not have."
    for other in cls.requires_axes:
        if other not in offer.axes and (ready_made or other != cls.name):
            return f"The axis {cls.name} needs the axis {other}, which {whose} does not have under `nominal`."
    for capability in cls.requires_capabilities if ready_made else ():
        if capability not in offer.capabilities:
            return f"The axis {cls.name} needs {capability}, which {whose} in the scene {offer.scene} does not offer."
    return None


def variant_name(name: str, which: str) -> str:
    """How the condition of a variant is called: `lighting_l3`, `object_test`."""
    return f"{name}_l{which}" if which.isdigit() else f"{name}_{which}"


def ordered(axes: Mapping[str, Axis | type[Axis]]) -> tuple[str, ...]:
    """Names in an order in which each comes after those that it needs; alphabetical otherwise."""
    done: list[str] = []
    waiting = sorted(axes)
    while waiting:
        ready = next((n for n in waiting if all(a in done or a not in axes for a in axes[n].after)), None)
        if ready is None:
            raise ConfigError(f"The axes {', '.join(waiting)} wait for each other: check their `after`.")
        waiting.remove(ready)
        done.append(ready)
    return tuple(done)


def apply_stage(scene: Scene, values: Mapping[str, Any], stage: Stage) -> None:
    """Applies every value of an episode that belongs to `stage`, in the order in which they were sampled.

    Raises:
        ConfigError: two axes set the same thing, and neither looks at the other.
    """
    setters: dict[tuple[str, str], str] = {}
    for name in ordered({name: AXES.get(name) for name in values}):
        if (mine := AXES.get(name)).stage == stage:
            with code_of(f"axis {name}", mine):
                mine.apply(exclusive(scene, name, mine.after, setters), values[name])
