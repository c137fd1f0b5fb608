"""The checks of what an axis or a family of tasks declares, made when it is registered."""

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from math import inf, isfinite
from typing import Any

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.utils import plugins

NAME = re.compile(r"[a-z][a-z0-9_]*")
MEASURES = (
    "age_s", "base_m", "friction_ratio", "gains_ratio", "grip_ratio", "joints_rad", "mass_centre_m", "mass_ratio",
    "moved_m", "path_m", "picture", "push_m_s", "shift", "size_ratio", "source_outside_m", "source_yaw_rad", "table_m",
    "target_outside_m", "things", "words",
)  # fmt: skip
"""the names of `vlagen_bench.calibration.severity.MEASURES`, which may not be imported here"""
CAPABILITIES = ("colours and categories", "overlay textures", "rewritten instructions")
"""what a scene, its pack or a family may offer"""


def check_axis(cls: Any, choices: Mapping[str, Iterable[str | None]]) -> None:
    """Raises `ConfigError` that names axis and file for what an axis declares and must not.

    Args:
        cls: the axis.
        choices: what its `kind`, `stage`, `assets` and `cameras` may be.
    """
    _check("axis", cls, _axis_faults(cls, choices))


def check_family(cls: Any) -> None:
    """As `check_axis`, for a family of tasks."""
    _check("family", cls, _family_faults(cls))


def fail(what: str, cls: Any, fault: str) -> ConfigError:
    """The error of an axis or a family, by its name and file."""
    name = getattr(cls, "name", None)
    named = name if isinstance(name, str) and name else getattr(cls, "__name__", repr(cls))
    return ConfigError(f"The {what} {named} ({plugins.origin_of(cls)}): {fault}")


def _check(what: str, cls: Any, faults: Iterator[str]) -> None:
    if not inspect.isclass(cls):
        raise ConfigError(f"@{what} is written above a class, not above {cls!r}.")
    for fault in faults:
        raise fail(what, cls, fault)


def _common_faults(cls: Any, what: str) -> Iterator[str]:
    name = getattr(cls, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f'`name` is {name!r}. Give it one of small letters, digits and _, such as `name: ClassVar = "dim"`.'
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        yield f"it does not define {', '.join(f'`{one}`' for one in missing)}. Every {what} needs that."


def _axis_faults(cls: Any, choices: Mapping[str, Iterable[str | None]]) -> Iterator[str]:
    yield from _common_faults(cls, "axis")
    for key, allowed in choices.items():
        given = getattr(cls, key, None)
        if given not in allowed:
            yield f"`{key}`: {unknown(key, str(given), filter(None, allowed))}"
    if not dataclasses.is_dataclass(cls):
        yield "it is no dataclass. Write `@dataclass(frozen=True, kw_only=True)` below `@axis`."
    yield from _name_faults(cls, ("after", "requires_roles", "requires_axes", "requires_capabilities", "takes"))
    yield from _size_faults(cls)
    fields = [field.name for field in dataclasses.fields(cls)]
    for which, parameters in dict(cls.settings).items():
        if not isinstance(parameters, Mapping) or str(which).isdigit():
            yield f"`settings`: '{which}' is no name, a number being a level, or has no mapping of parameters."
        for parameter in parameters:
            if parameter not in fields:
                yield f"`settings`: {which}: {unknown('field', str(parameter), fields)}"
    for capability in cls.requires_capabilities:
        if capability not in CAPABILITIES:
            yield f"`requires_capabilities`: {unknown('capability', capability, CAPABILITIES)}"
    if (measure := getattr(cls, "measure", None)) is not None and measure not in MEASURES:
        yield f"`measure`: {unknown('measure', str(measure), MEASURES)}"


def _name_faults(cls: Any, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        given = getattr(cls, key)
        if not isinstance(given, tuple) or not all(isinstance(one, str) for one in given):
            yield f'`{key}` is {given!r}. Write a tuple of names, such as ("source",).'


def _size_faults(cls: Any) -> Iterator[str]:
    fields, levels = [field.name for field in dataclasses.fields(cls)], cls.levels
    if not cls.sized_by:
        if levels:
            yield f"it has `levels`, but no `sized_by`: name the field that a level sets. There are: {', '.join(fields)}."
        return
    if cls.sized_by not in fields:
        yield f"`sized_by`: {unknown('field', str(cls.sized_by), fields)}"
    least, most = cls.bounds
    if (least, most) == (-inf, inf):
        yield f"it is sized by `{cls.sized_by}`, but has no `bounds`: give the least and the largest size that make sense."
    if not least < most:
        yield f"`bounds` are {cls.bounds!r}. Give the least size, then the largest."
    for size in levels:
        if not isinstance(size, int | float) or not isfinite(size) or not least <= size <= most:
            yield f"`levels`: {size!r} is no size from {least:g} to {most:g}, its `bounds`."
    if len(set(levels)) < len(levels):
        yield f"`levels` are {levels!r}. Each has to be harder than the one before."


def _family_faults(cls: Any) -> Iterator[str]:
    yield from _common_faults(cls, "family")
    for key, example in {
        "roles": '{"source": "object"}',
        "failure_modes": '{"never_reached": "the gripper never came near the object"}',
    }.items():
        given = getattr(cls, key, None)
        words = [*given, *given.values()] if isinstance(given, Mapping) else []
        if not words or not all(isinstance(word, str) and word for word in words):
            yield f"`{key}` is {given!r}. Write what there is, as {example}."
    stages = cls.stages
    if not isinstance(stages, Mapping) or not all(isinstance(one, str) and one for one in [*stages, *stages.values()]):
        yield f'`stages` is {stages!r}. Write fields of the status, as {{"reached": "the gripper came to the object"}}.'
    if "source" not in cls.roles:
        yield f"`roles` has no `source`, the thing that the robot is asked to handle. There are: {', '.join(cls.roles)}."
    if not isinstance(getattr(cls, "about", None), str) or not cls.about:
        yield "`about` is missing. Say in one line what is to be done."
    rule = getattr(cls, "rule", None)
    if not inspect.isclass(rule) or not dataclasses.is_dataclass(rule):
        yield f"`rule` is {rule!r}. Give a frozen dataclass: its fields are the schema of `success` in a task file."
    module, colon, routine = str(cls.expert).partition(":")
    if cls.expert and not (module and colon and routine.isidentifier()):
        yield f"`expert` is {cls.expert!r}. Write `module:Class`, or leave it out."
