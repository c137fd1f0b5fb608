"""The option `--include`: what a command takes from outside the package."""

from collections.abc import Iterable
from typing import Annotated

import tyro

Include = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]],
    tyro.conf.arg(
        name="include",
        metavar="MODULE_OR_FOLDER",
        help="Your own axes, tasks, suites, packs and policies: a folder, a Python module, or a YAML file. "
        "Give it once for each.",
    ),
]
"""a parameter of a command, or a field of its options"""


def include(places: Iterable[str]) -> None:
    """Makes what is in these places usable by name; raises `ConfigError` as `register_path` does."""
    places = tuple(places)
    if not places:
        return
    from vlagen_bench import tasks  # noqa: F401 - which checks what axes and families say of each other
    from vlagen_bench.utils import plugins

    for place in places:
        plugins.include(place)
