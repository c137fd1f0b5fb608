"""The greeting of a policy server: what it says of its policy before any question, read strictly."""

from collections.abc import Mapping
from typing import Any

from vlagen_bench.policies.remote.wire import WireError

SpecValue = str | int | float | list[str] | tuple[str, ...]
"""what a policy's `spec` holds, where it travels"""


def checked(greeting: dict[str, Any]) -> dict[str, Any]:
    """The greeting itself, once the keys that this client reads are of their types.

    Other keys are the server's own: a server of openpi sends the metadata of its checkpoint.

    Raises:
        WireError: a key that is read here holds something else.
    """
    if not isinstance(greeting.get("policy", ""), str):
        raise WireError("its 'policy' is not a text")
    if type(greeting.get("remembers", False)) is not bool:
        raise WireError("its 'remembers' is neither true nor false")
    if not isinstance(greeting.get("sharing", ""), str):
        raise WireError("its 'sharing' is not a text")
    conventions(greeting.get("spec"))
    return greeting


def conventions(spec: Any) -> Mapping[str, SpecValue] | None:
    """A policy's `spec` as texts, numbers and lists of texts; raises `WireError`."""
    if spec is None:
        return None
    if type(spec) is not dict or not all(type(key) is str and is_told(value) for key, value in spec.items()):
        raise WireError("its 'spec' is not a map of texts, numbers and lists of texts")
    return spec


def is_told(value: Any) -> bool:
    """Whether a value of a `spec` is one that travels."""
    if type(value) in (list, tuple):
        return all(type(part) is str for part in value)
    return isinstance(value, str | int | float)
