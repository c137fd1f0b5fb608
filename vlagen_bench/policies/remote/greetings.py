"""The greeting of a policy server: what it says of its policy before any question, read strictly."""

from collections.abc import Mapping
from typing import Any

from vlagen_bench.policies.remote.wire import WireError


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


def conventions(spec: Any) -> Mapping[str, str | int | float] | None:
    """A policy's `spec` as texts and numbers; raises `WireError`."""
    if spec is None:
        return None
    if type(spec) is not dict or not all(
        type(key) is str and isinstance(value, str | int | float) for key, value in spec.items()
    ):
        raise WireError("its 'spec' is not a map of texts and numbers")
    return spec
