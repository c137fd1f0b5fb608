"""The conditions that an axis gives by itself, and combinations of conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from vlagen_bench import axes, tasks
from vlagen_bench.axes import AXES, Axis, Offer
from vlagen_bench.errors import ConfigError
from vlagen_bench.types import AxisSet, Condition
from vlagen_bench.utils.blame import code_of

JOIN = "+"
"""between the names of conditions that are put together: `lighting_l3+object_test`"""


def of_axis(name: str, nominal: AxisSet) -> dict[str, Condition]:
    """Condition name -> condition of every level and setting of an axis, over a task's nominal axes."""
    return {
        axes.variant_name(name, which): of_parameters(name, parameters, nominal, axes.variant_name(name, which))
        for which, parameters in AXES.get(name).variants().items()
    }


def of_parameters(name: str, parameters: Mapping[str, Any], nominal: AxisSet, where: str) -> Condition:
    """The condition of an axis with these parameters; raises `ConfigError` for a key that it does not have, or an odd value."""
    perturb = {name: {**nominal.get(name, {}), **parameters}}
    made = axes.make(name, perturb[name], where)
    with code_of(f"axis {name}", type(made)):
        needs = made.needs()
    shared = {other: {**nominal.get(other, {}), **more} for other, more in needs.items()}
    return Condition(perturb=perturb, shared=shared, twin=f"{name}:clean")


def fitting(offer: Offer) -> tuple[type[Axis], ...]:
    """The axes that make sense in a task."""
    tasks.check_names()  # else an axis that needs a role which is misspelled would be left out in silence
    return tuple(axis for axis in AXES if axes.lack_of(axis, offer) is None)


def of_task(offer: Offer, nominal: AxisSet) -> dict[str, Condition]:
    """The conditions of every axis that makes sense in a task."""
    named = (of_axis(axis.name, nominal).items() for axis in fitting(offer))
    return {name: condition for conditions in named for name, condition in conditions}


def names(offer: Offer) -> tuple[str, ...]:
    """Only the names of `of_task`, which need none of its values."""
    return names_of([axis.name for axis in fitting(offer)], offer)


def canonical(name: str) -> str:
    """The one name of conditions put together: each once, in order of the alphabet."""
    return JOIN.join(sorted(set(name.split(JOIN))))


def from_option(text: str) -> tuple[str, ...]:
    """The conditions that `lighting:3,object:test` asks for: each by itself, then all together.

    Raises:
        ConfigError: an unknown axis, level or setting, or an axis named twice.
    """
    names: dict[str, str] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, colon, which = (part.strip() for part in word.partition(":"))
        if not colon:
            raise ConfigError(f"--axes: '{word}' names no level or setting. Write it as {name}:{_example(name)}.")
        if name in names:
            raise ConfigError(f"--axes: the axis {name} is named twice. Leave one out.")
        axes.variant(name, which)
        names[name] = axes.variant_name(name, which)
    if not names:
        raise ConfigError("--axes: name at least one axis and level, such as lighting:3,object:test.")
    alone = tuple(names.values())
    return alone if len(alone) == 1 else (*alone, canonical(JOIN.join(alone)))


def _example(name: str) -> str:
    return next(iter(AXES.get(name).variants()), "3")


def together(parts: Mapping[str, Condition], nominal: AxisSet) -> Condition:
    """Several conditions at once.

    Args:
        parts: name -> condition.
        nominal: the task's axes without any perturbation.

    Raises:
        ConfigError: two of them cannot be together, and why.
    """
    _exclude(parts)
    perturb = _merged({name: part.perturb for name, part in parts.items()}, nominal)
    shared = _merged({name: part.shared for name, part in parts.items()}, nominal)
    for axis, parameters in perturb.items():
        if axis in shared:
            perturb[axis] = {**shared[axis], **_changes(parameters, nominal.get(axis, {}))}
    return Condition(perturb=perturb, shared=shared, group="combined")


def _exclude(parts: Mapping[str, Condition]) -> None:
    owners: dict[str, str] = {}
    for name, part in parts.items():
        for axis in part.perturb:
            for what in (f"axis {axis}", *AXES.get(axis).takes):
                if what in owners:
                    raise ConfigError(
                        f"{owners[what]} and {name} exclude each other: both take the {what}. Leave one out."
                    )
                owners[what] = name


def _merged(sets: Mapping[str, AxisSet], nominal: AxisSet) -> dict[str, dict[str, Any]]:
    """All changes over nominal together; raises `ConfigError` where two want different things."""
    changes: dict[str, dict[str, tuple[Any, str]]] = {}
    for name, axis_set in sets.items():
        for axis, parameters in axis_set.items():
            mine = changes.setdefault(axis, {})
            for key, value in _changes(parameters, nominal.get(axis, {})).items():
                if key in mine and mine[key][0] != value:
                    raise ConfigError(
                        f"{mine[key][1]} and {name} exclude each other: {axis}: {key} is {mine[key][0]} for one "
                        f"and {value} for the other. Leave one out."
                    )
                mine[key] = (value, name)
    return {
        axis: {**nominal.get(axis, {}), **{key: value for key, (value, _) in mine.items()}}
        for axis, mine in changes.items()
    }


def _changes(parameters: Mapping[str, Any], nominal: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key not in nominal or nominal[key] != value}


def axis_of(name: str) -> type[Axis] | None:
    """The axis that gives this condition as one of its levels or settings; None for any other name."""
    for axis in AXES:
        if name in (axes.variant_name(axis.name, which) for which in axis.variants()):
            return axis
    return None


def by_axis(names: Sequence[str]) -> dict[str, list[str]]:
    """Axis -> those of these conditions that are its levels and settings; any other condition is alone under its own name."""
    axis_names = {axes.variant_name(axis.name, which): axis.name for axis in AXES for which in axis.variants()}
    grouped: dict[str, list[str]] = {}
    for name in names:
        grouped.setdefault(axis_names.get(name, name), []).append(name)
    return grouped


def level_of(name: str) -> tuple[str, int] | None:
    """`lighting_l3` as ("lighting", 3); None for a condition that is no level of one axis."""
    axis, _, level = name.rpartition("_l")
    return (axis, int(level)) if axis in AXES and level in AXES.get(axis).variants() else None


def names_of(axis_names: Sequence[str], offer: Offer) -> tuple[str, ...]:
    """Condition names of every level and setting of some axes.

    Raises:
        ConfigError: an unknown axis, or one that makes no sense in the task.
    """
    for name in axis_names:
        if lack := axes.lack_of(AXES.get(name), offer):
            raise ConfigError(f"{lack} Leave it out.")
    return tuple(axes.variant_name(name, which) for name in axis_names for which in AXES.get(name).variants())
