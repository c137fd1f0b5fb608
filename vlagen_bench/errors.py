"""The errors that a user can fix; each is one sentence that names the remedy."""

import difflib
from collections.abc import Iterable

FEW, MANY = 5, 40
"""names in a sentence, where there are more than many"""
NEAR, SEVERAL = 3, 12
"""the same where all of them can be read elsewhere, with what each is for"""


class VlagenError(Exception):
    """Something the user can fix. The command line prints it as a sentence, without a traceback."""


class ConfigError(VlagenError):
    """A task, suite or manifest file, or an option, says something that is not allowed."""


class UnknownName(ConfigError):
    """There is no task, suite, pack, axis, family or condition of this name."""


class CodeError(VlagenError):
    """The code of an axis or a family from outside the package fails, or answers what is not allowed."""

    def __init__(self, whose: str, text: str) -> None:
        super().__init__(text)
        self.whose = whose
        """`axis dim`, `family push`"""

    def __reduce__(self) -> tuple[type["CodeError"], tuple[str, str]]:
        return type(self), (self.whose, str(self))  # a worker process sends it on


class AssetError(VlagenError):
    """An asset pack, or a file of it, is missing or is not what its manifest promises."""


class UnknownPack(AssetError, UnknownName):
    """There is no asset pack of this name."""


class PolicyError(VlagenError):
    """A policy cannot be loaded, does not fit the robot, or answered with something that is no action."""


class RunError(VlagenError):
    """A run folder cannot be written, resumed or read."""


class RenderError(VlagenError):
    """No Vulkan device can draw the scene."""


def unknown(what: str, given: str, known: Iterable[str], *, of: str = "", help: str = "") -> str:
    """The sentence for a name that does not exist: what was given, the nearest names, and all there are.

    Args:
        what: what it would be the name of.
        given: the name.
        known: the names that exist.
        of: what lacks it, as the subject of the sentence: `The task tabletop_put_on`.
        help: where all names are explained, such as `vlagen report --help`; of more than a dozen, only the nearest are listed then.
    """
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=FEW)
    lacks = f"{of} has no {what} '{given}'." if of else f"There is no {what} '{given}'."
    hint = f" Did you mean '{near[0]}'?" if near else ""
    if help and len(names) > SEVERAL:
        also = f" Similar: {', '.join(near[1:NEAR])}." if near[1:] else ""
        return f"{lacks}{hint}{also} All {len(names)} are explained by: {help}"
    if len(names) <= MANY:
        return f"{lacks}{hint} There are: {', '.join(names) or 'none'}."
    shown = near or names[:FEW]
    return f"{lacks}{hint} There are {len(names)}, {', '.join(shown)} among them: vlagen list"
