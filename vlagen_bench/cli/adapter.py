"""`vlagen adapter`: the adapters that there are, and the check of one before a run."""

from typing import TYPE_CHECKING, Annotated

import tyro
from tyro.conf import Positional

from vlagen_bench.cli.common import INCOMPLETE, OK, console, key_values, say
from vlagen_bench.cli.inclusion import Include, include

if TYPE_CHECKING:
    from vlagen_bench.policies.adapters.base import Adapter

Name = Annotated[str, tyro.conf.arg(metavar="NAME | NAME:CHECKPOINT | MODULE:CLASS")]


def listing() -> int:
    """Lists the adapters: how each is named, and for which models it is."""
    from vlagen_bench.policies.adapters import names

    out = console()
    for name in names.ADAPTERS:
        kind = names.adapter_class(name)
        say(f"{f'{name}:{kind.REST}':<24} {kind.ABOUT}", to=out)
    return OK


def check(
    name: Positional[Name],
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = (),
    scene: str | None = None,
    outside: Include = (),
) -> int:
    """Replays recorded actions of the expert through an adapter, and names what it converts wrongly. Needs no model.

    The exit code is 0 only if nothing is wrong.

    Args:
        name: an adapter, with its checkpoint where one is on this machine; or a class of your own that inherits from Adapter.
        policy_args: what the run will be given.
        scene: whose recording is replayed, tabletop or bridge; default: the adapter's.
        outside: places where the class is.
    """
    from vlagen_bench.diagnostics.adapter_check import check as checking

    include(outside)
    arguments = key_values(policy_args)
    adapter = _conversion(name, {**arguments, **({} if scene is None else {"scene": scene})})
    checked = checking.check(adapter)
    out = console()
    say(f"{name}: {checked.cases} recorded actions and probes, scene {adapter.scene}. Taken for right:", to=out)
    for what, words in checked.assumed.items():
        say(f"  {what}: {words}", to=out)
    for mistake in checked.mistakes:
        say(f"WRONG {mistake.kind}: {mistake.text}", to=out)
    for note in checked.notes:
        say(f"note: {note}", to=out)
    say(f"{len(checked.mistakes)} wrong." if checked.mistakes else "Nothing is wrong.", to=out)
    return INCOMPLETE if checked.mistakes else OK


def _conversion(name: str, arguments: dict[str, str]) -> "Adapter":
    """The adapter of that name, without its model."""
    from vlagen_bench.policies.adapters import names

    found = names.adapter_in(name) if ":" in name else None
    if found is not None:
        return names.adapter_class(found.name).without_model(found.checkpoint, **arguments)
    if ":" not in name:
        return names.adapter_class(name).without_model(**arguments)
    return names.own_class(name).without_model(**arguments)
