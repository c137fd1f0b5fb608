"""Commands that install what is missing: for this Python, wherever this package lies. Every message with one takes it from here."""

import importlib.metadata
import importlib.util
import json
import shlex
import sys
from contextlib import suppress

from vlagen_bench.utils.paths import PACKAGE

NAME = "vlagen-bench"
CONSTRAINTS = PACKAGE.parent / "constraints.txt"
"""the pinned versions, which only a checkout has beside the package"""


def packages(*wanted: str) -> str:
    """The command that installs these packages, such as `ray>=2.40`, into the environment that runs."""
    if importlib.util.find_spec("pip") is not None:
        start = [sys.executable, "-m", "pip", "install"]
    else:  # environments of uv have none
        start = ["uv", "pip", "install", "--python", sys.executable]
    pinned = ["-c", str(CONSTRAINTS)] if is_checkout() else []
    return shlex.join([*start, *pinned, *wanted])


def extra(name: str) -> str:
    """The command that installs what an extra of this package asks for, such as `ray` or `remote`.

    By the names of what it asks for, since the package itself may have come from a checkout, a wheel or an index.
    """
    with suppress(importlib.metadata.PackageNotFoundError):
        required = importlib.metadata.requires(NAME) or ()
        mine = [text.partition(";") for text in required]
        wanted = [what.strip() for what, _, when in mine if when.replace('"', "'").strip() == f"extra == '{name}'"]
        if wanted:
            return packages(*wanted)
    return packages("-e", f"{PACKAGE.parent}[{name}]") if is_checkout() else packages(f"{NAME}[{name}]")


def lacking(what: str, package: str | None, name: str) -> str:
    """The sentence of an error: what needs which package, of which extra of this package, and the command for it."""
    return f"{what} needs the package {package}, of the extra [{name}]: {extra(name)}"


def again() -> str:
    """The command that restores the shipped packs of this package."""
    if is_checkout():
        return shlex.join(["git", "-C", str(PACKAGE.parent), "checkout", "--", "assets"])
    return packages("--force-reinstall", "--no-deps", _source())


def itself() -> str:
    """The command that installs this package again, with its commands."""
    return packages("-e", str(PACKAGE.parent)) if is_checkout() else packages(_source())


def is_checkout() -> bool:
    """Whether the package lies in a checkout of its repository."""
    return CONSTRAINTS.is_file() and (PACKAGE.parent / "setup.cfg").is_file()


def _source() -> str:
    """Where it was installed from: a folder, wheel or address, or by its name."""
    try:
        said = importlib.metadata.distribution(NAME).read_text("direct_url.json")
        return str(json.loads(said)["url"]) if said else NAME
    except (importlib.metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        return NAME
