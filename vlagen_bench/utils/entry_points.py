"""The entry points of installed packages that name plug-ins, read without trusting what the packages declare."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.utils.text import one_line

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP = "vlagen_bench.plugins"
"""entry points: a module, a folder, several of these, or a function that returns them"""


def found() -> "list[EntryPoint]":
    """The entry points of the group, in order; raises `ConfigError` that names a package whose list is malformed."""
    from importlib import metadata  # only here, since it takes a while to load

    try:
        every = list(metadata.entry_points(group=GROUP))
    except Exception:  # of a list that is malformed, whose package Python does not name
        every = [one for dist in metadata.distributions() for one in _of(dist)]
    # An editable installation may be listed twice.
    unique = {(one.name, one.value): one for one in every}
    return [unique[key] for key in sorted(unique)]


def _of(dist: "Distribution") -> "list[EntryPoint]":
    try:
        return [one for one in dist.entry_points if one.group == GROUP]
    except Exception as error:
        if GROUP not in (dist.read_text("entry_points.txt") or ""):
            return []  # it has none of ours, whatever else is wrong with it
        raise ConfigError(
            f"The entry points of the package {dist.name} {dist.version} are malformed: {one_line(error)}. Each is a line "
            f"`name = module` below [{GROUP}].{_removal(dist)}"
        ) from error


def package_of(entry_point: "EntryPoint") -> str:
    """`mine 1.0`: the package that declares it."""
    dist = entry_point.dist
    return entry_point.value if dist is None else f"{dist.name} {dist.version}"


def given_by(entry_point: "EntryPoint") -> Iterator[tuple[Any, bool]]:
    """What it names, and whether that has to hold something: not the module of a function that did all by itself."""
    if entry_point.pattern.match(entry_point.value) is None:
        raise ConfigError(f"its value '{entry_point.value}' is no `module` or `module:name`.")
    given = entry_point.load()
    if callable(given):
        given = given()
    if given is None:
        yield sys.modules[entry_point.module.split(".")[0]], False
    else:
        yield from ((one, True) for one in (given if isinstance(given, list | tuple) else (given,)))


def failed(entry_point: "EntryPoint", error: BaseException) -> ConfigError:
    """The error of an entry point that cannot be loaded."""
    text = str(error) if isinstance(error, VlagenError) else f"{one_line(error)}."
    return ConfigError(
        f"The plug-in '{entry_point.name}' of the package {package_of(entry_point)} cannot be loaded: {text}"
        f"{_removal(entry_point.dist)}"
    )


def _removal(dist: "Distribution | None") -> str:
    return "" if dist is None else f" Update the package, or remove it: pip uninstall {dist.name}"
