"""The check of a public function's arguments against its annotations, before it does anything."""

import functools
import inspect
import numbers
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from vlagen_bench.errors import ConfigError, unknown

P = ParamSpec("P")
R = TypeVar("R")
EMPTY = inspect.Parameter.empty
OPEN = "**"
"""stands for the names that a function takes without saying which"""
WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a string",
    Mapping: "a dictionary",
    Sequence: "a list",
    type(None): "None",
}
"""how a type is called in a sentence"""


def checked(called: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a function raise `ConfigError` for an unknown name or a wrong type; `called` is how the sentence calls it.

    Numbers of numpy arrive as Python's own, as they are written to JSON later.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def with_checks(*args: P.args, **kwargs: P.kwargs) -> R:
            given = check(called, function, kwargs)
            first = check(called, function, dict(zip(inspect.signature(function).parameters, args, strict=False)))
            return function(*first.values(), *args[len(first) :], **given)  # type: ignore[arg-type]  # the same, checked

        return with_checks

    return decorate


def check(called: str, function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments as the function takes them; raises `ConfigError` for an unknown name or a wrong type."""
    kinds = _kinds(function)
    for name in given:
        if name not in kinds and OPEN not in kinds:
            known, help = kinds.keys() - {"self"}, f"help({called.removesuffix('()')})"
            raise ConfigError(unknown("option", name, known, of=called, help=help))
    return {name: _fitting(called, name, kinds.get(name, EMPTY), value) for name, value in given.items()}


@functools.cache
def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotation of each argument, those of an unpacked `TypedDict` included."""
    function = inspect.unwrap(function)
    hints = typing.get_type_hints(function)
    kinds: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = hints.get(name, EMPTY)
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            kinds[name] = kind
        elif typing.get_origin(kind) is typing.Unpack:
            kinds |= typing.get_type_hints(typing.get_args(kind)[0])
        else:
            kinds[OPEN] = EMPTY
    return kinds


def _fitting(called: str, name: str, kind: Any, value: Any) -> Any:
    for text in (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ():
        if isinstance(text, str) and not text.strip():
            raise ConfigError(f"{called}: {name} is {value!r}, which names nothing. Give it a value, or leave it out.")
    if kind in (EMPTY, Any):
        return value
    options = _options(kind)
    for option in options:
        fits, converted = _as(option, value)
        if fits:
            return converted
    choices = [choice for option in options for choice in typing.get_args(option) if _is_choice(option)]
    if choices and isinstance(value, str):
        raise ConfigError(f"{called}: {unknown(name, value, choices)}")
    words = list(dict.fromkeys(word for option in options for word in _words(option)))
    allowed = " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    raise ConfigError(f"{called}: {name} is {allowed}, not {value!r}.")


def _options(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) in (types.UnionType, typing.Union) else (kind,)


def _as(kind: Any, value: Any) -> tuple[bool, Any]:
    """Whether the value is of this type, and the value as Python's own type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return isinstance(value, str) and value in inner, value
    if origin is Sequence:
        return not isinstance(value, str) and isinstance(value, Sequence) and _all(inner[0], value), value
    if origin is Mapping:
        return isinstance(value, Mapping) and _all(inner[0], value), value
    if kind is bool:
        is_flag = isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")  # numpy's, which is no number
        return is_flag, bool(value) if is_flag else value
    for number, abstract in ((int, numbers.Integral), (float, numbers.Real)):
        if kind is number:
            is_number = isinstance(value, abstract) and not isinstance(value, bool)
            return is_number, number(value) if is_number else value
    return isinstance(value, kind), value


def _all(kind: Any, values: Any) -> bool:
    return kind is Any or all(_as(kind, value)[0] for value in values)


def _is_choice(kind: Any) -> bool:
    return typing.get_origin(kind) is typing.Literal


def _words(kind: Any) -> list[str]:
    if _is_choice(kind):
        return [repr(choice) for choice in typing.get_args(kind)]
    base = typing.get_origin(kind) or kind
    word = WORDS.get(base) or f"a {base.__name__}"
    inner = typing.get_args(kind)
    return [f"{word} of strings" if base is Sequence and inner == (str,) else word]
