"""Policies that a running program gives: an object, or a class to construct one of."""

import inspect
from collections.abc import Mapping
from typing import Any

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies import content
from vlagen_bench.policies.base import LoadedPolicy, method_of, no_class
from vlagen_bench.policies.guard import Guard
from vlagen_bench.utils.text import one_line, shown


def given(policy: Any, arguments: Mapping[str, Any]) -> LoadedPolicy:
    """The policy that is this object, or an instance of this class.

    Args:
        policy: an object or a class with `act(obs, instr)`.
        arguments: keyword arguments of the class.

    Raises:
        PolicyError: it cannot be constructed, or has no `act`.
        ConfigError: there are arguments for an object.
    """
    is_class = inspect.isclass(policy)
    kind = policy if is_class else type(policy)
    name = shown(f"{kind.__module__}:{kind.__qualname__}")
    if not is_class and arguments:
        raise ConfigError(
            f"policy_args are for a policy that is constructed here, and an object of {name} was given. Leave them out, or "
            f"give the class."
        )
    if inspect.isroutine(policy):
        raise PolicyError(no_class(shown(f"{policy.__module__}:{policy.__qualname__}"), policy))
    made = _made(policy, name, arguments) if is_class else policy
    if method_of(made, "act") is None:
        raise PolicyError(f"The policy {name} has no method act(obs, instr). Add one that returns a float action (7,).")
    with Guard():
        look = content.of_code(made, [kind.__module__], None)
    return LoadedPolicy(
        name=name, policy=made, arguments=dict(arguments), live=True, borrowed=not is_class, content=look
    )


def _made(kind: type, name: str, arguments: Mapping[str, Any]) -> Any:
    with Guard():
        try:
            return kind(**arguments)
        except (PolicyError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise PolicyError(
                f"The policy {name} cannot be constructed: {one_line(error)}. Check policy_args."
            ) from error
