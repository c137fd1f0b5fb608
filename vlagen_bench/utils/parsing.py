"""The strict reader of YAML and JSON into frozen dataclasses; nothing unknown passes."""

import dataclasses
import functools
import reprlib
import types
import typing
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from vlagen_bench.errors import ConfigError, unknown

T = TypeVar("T")


if typing.TYPE_CHECKING:
    from yaml import SafeLoader as _SafeLoader
else:  # the one in C where PyYAML was built with it: the same class to a type checker, and ten times faster
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """SafeLoader that refuses duplicate keys, of which YAML would keep the last in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key in keys:
        if not isinstance(key, Hashable):
            raise ConfigError(
                f"{node.start_mark.name}, line {node.start_mark.line + 1}: a key has to be a word or a number, not "
                f"{key!r}. Put text with brackets or braces in quotes."
            )
        if keys.count(key) > 1:
            raise ConfigError(f"{node.start_mark.name}: the key '{key}' stands twice in one mapping. Remove one.")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml(path: Path) -> Any:
    """The plain value of a YAML file; `ConfigError` says which file and line if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, Loader=_Loader)
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.") from None
    except (yaml.YAMLError, ValueError) as error:  # also a number of thousands of digits
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ConfigError(f"{path} is not valid {kind}: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply to be read.") from None


def build(kind: type[T], value: Any, where: str) -> T:
    """`value` (plain YAML or JSON) as `kind`, a dataclass or a plain type.

    Args:
        kind: the wanted type: a dataclass, a builtin, `Literal`, or list/tuple/dict/Optional of these.
        value: what the file says.
        where: file and path inside it, for the message.

    Raises:
        ConfigError: an unknown or missing key, or a wrong type; says where and what is allowed.
    """
    built: T = _build(kind, value, where)
    return built


def _build(kind: Any, value: Any, where: str) -> Any:
    """`build` without a static type: what `kind` is, only this finds out."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    if origin is typing.Literal:
        return value if value in args else _wrong(where, f"one of {', '.join(map(repr, args))}", value)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in args:
            return None
        return _build(next(arg for arg in args if arg is not type(None)), value, where)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, dict):
            _wrong(where, "a mapping", value)
        return {_build(args[0], k, where): _build(args[1], v, f"{where}: {k}") for k, v in value.items()}
    if origin in (tuple, list):
        if not isinstance(value, list | tuple):
            _wrong(where, "a list", value)
        kinds = [args[0]] * len(value) if origin is list or args[-1] is Ellipsis else list(args)
        if len(kinds) != len(value):
            _wrong(where, f"a list of {len(kinds)}", value)
        return origin(_build(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kinds, value, strict=True)))
    return _scalar(kind, value, where)


def _scalar(kind: type[Any], value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        _wrong(where, f"an {kind.__name__}" if kind is int else f"a {kind.__name__}", value)
    return value


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        _wrong(where, f"a mapping ({kind.__name__})", value)
    hints = _hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind) if f.init}
    for key in value:
        if key not in fields:
            raise ConfigError(f"{where}: {unknown('key', str(key), fields)}")
    required = [n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING]
    if missing := [name for name in required if name not in value]:
        raise ConfigError(f"{where}: the key '{missing[0]}' is missing. Needed: {', '.join(required)}.")
    return kind(**{key: _build(hints[key], item, f"{where}: {key}") for key, item in value.items()})


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 200


def _wrong(where: str, wanted: str, value: Any) -> typing.NoReturn:
    raise ConfigError(f"{where}: expected {wanted}, but it says {_SHORT.repr(value)}.")
