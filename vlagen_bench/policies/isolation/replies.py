"""The replies of an isolated policy's process, read strictly: all is of its type, or the frame is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.policies.content import Content
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.greetings import SpecValue, conventions
from vlagen_bench.policies.remote.wire import WireError
from vlagen_bench.utils.parsing import build
from vlagen_bench.utils.text import shown

OPTIONAL = ("reset", "act_batch", "close")
"""methods that a policy may have"""


@dataclass(frozen=True, kw_only=True)
class LoadedReply:
    """What a process says of its policy once that is loaded."""

    methods: tuple[str, ...]
    """which of the optional ones it has"""
    privileged: bool
    spec: Mapping[str, SpecValue] | None
    content: Content


def message_of(frame: bytes, number: int) -> Mapping[str, Any]:
    """The reply to the question of this number; raises `WireError` for what is none."""
    message = wire.unpack(frame)
    if type(message.get("number")) is not int or message["number"] != number:
        raise WireError("it answers another question")
    return message


def error_in(message: Mapping[str, Any]) -> PolicyError | None:
    """What the policy raised, if it did; raises `WireError`."""
    if "error" not in message:
        return None
    if type(message["error"]) is not str:
        raise WireError("its error is not a text")
    return PolicyError(shown(message["error"]))


def loaded(message: Mapping[str, Any]) -> LoadedReply:
    """The reply to `load`; raises `WireError`."""
    methods, privileged, spec = (message.get(key) for key in ("methods", "privileged", "spec"))
    if not isinstance(methods, list) or not all(type(name) is str and name in OPTIONAL for name in methods):
        raise WireError("it does not say which methods the policy has")
    if type(privileged) is not bool:
        raise WireError("it does not say whether the policy is privileged")
    return LoadedReply(methods=tuple(methods), privileged=privileged, spec=conventions(spec), content=content(message))


def content(message: Mapping[str, Any]) -> Content:
    """What the policy consists of; raises `WireError`."""
    try:
        if not _is_plain(message.get("content")):
            raise ConfigError("there is more than text and numbers")
        return build(Content, message.get("content"), "content")
    except ConfigError as error:
        raise WireError(f"it does not say what its policy consists of: {shown(error, 200)}") from None


def _is_plain(value: Any) -> bool:
    """Whether it is made of text, numbers, lists and maps alone."""
    if isinstance(value, list | dict):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return value is None or type(value) in (str, int, float, bool)


def answers(message: Mapping[str, Any], number: int) -> list[np.ndarray | PolicyError]:
    """The reply to `act` or `act_batch`: an array for each observation, or what went wrong; raises `WireError`."""
    given = message.get("answers")
    if not isinstance(given, list) or len(given) != number:
        raise WireError(f"it does not answer {number} observations")
    return [_answer(one) for one in given]


def nothing(message: Mapping[str, Any]) -> None:
    """The reply to `reset` or `close`, which says no more than that it is done."""


def _answer(one: Any) -> np.ndarray | PolicyError:
    if type(one) is np.ndarray:
        return one
    error = error_in(one) if type(one) is dict else None
    if error is None:
        raise WireError("an answer is neither an array nor an error")
    return error
