"""Readers of arguments: each makes a value of a text, and refuses what is no such value or out of its range."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.utils.text import shown

Read = Callable[[str, str], Any]
"""makes a value of an argument's name and text; raises `PolicyError`"""
NOTHING = "none"
LARGEST_PX = 4096
"""side of a picture: no model has a larger one, and a typing error would fill the memory"""
LONGEST_TEXT = 4096
LONGEST_S = 1e6
"""that a server may be waited for; 11 days"""
MOST_STEPS = 10_000
"""actions of a chunk, and steps that a gripper is held"""
DEVICES = ("cpu", "cuda", "mps", "xpu", "hpu", "npu")
DTYPES = ("bfloat16", "float16", "float32")


def one_of(known: Sequence[str]) -> Read:
    """One of several names."""

    def read(name: str, text: str) -> str:
        if text not in known:
            raise PolicyError(f"{name}: {unknown('value', shown(text, 60), known)}")
        return text

    return read


def number(name: str, text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value - value != 0:
        raise PolicyError(f"{name}={shown(text, 60)}: give a finite number.")
    return value


def within(low: float, high: float) -> Read:
    """A number from one to another."""

    def read(name: str, text: str) -> float:
        value = number(name, text)
        if not low <= value <= high:
            raise PolicyError(f"{name}={shown(text, 60)}: give a number from {low:g} to {high:g}.")
        return value

    return read


def above_0(high: float) -> Read:
    """A number above 0."""

    def read(name: str, text: str) -> float:
        value = number(name, text)
        if not 0 < value <= high:
            raise PolicyError(f"{name}={shown(text, 60)}: give a number above 0 and at most {high:g}.")
        return value

    return read


seconds = above_0(LONGEST_S)


def whole(low: int, high: int) -> Read:
    """A whole number from one to another."""

    def read(name: str, text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= 20
        if not digits or not low <= int(text) <= high:
            raise PolicyError(f"{name}={shown(text, 60)}: give a whole number from {low} to {high}.")
        return int(text)

    return read


steps = whole(0, MOST_STEPS)


def optional(read: Read) -> Read:
    """A value, or `none`."""
    return lambda name, text: None if text == NOTHING else read(name, text)


def yes_or_no(name: str, text: str) -> bool:
    """`yes` or `no`."""
    return bool(one_of(("no", "yes"))(name, text) == "yes")


def in_unit(units: Mapping[str, float]) -> Read:
    """How much one of a model's units is: its name, or a number."""
    return lambda name, text: units[text] if text in units else above_0(1000)(name, text)


def share(name: str, text: str) -> float:
    """A share of a whole: above 0, and at most 1."""
    value = number(name, text)
    if not 0 < value <= 1:
        raise PolicyError(f"{name}={shown(text, 60)}: give a share above 0 and at most 1, such as 0.9.")
    return value


def size(name: str, text: str) -> tuple[int, int]:
    """(height, width) of 224 or 240x320."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(
        side.isascii() and side.isdigit() and len(side) < 6 and 0 < int(side) <= LARGEST_PX for side in sides
    ):
        raise PolicyError(
            f"{name}={shown(text, 60)}: give pixels such as 224 or 240x320 (height x width), at most {LARGEST_PX}."
        )
    return int(sides[0]), int(sides[-1])


def names_of(known: Sequence[str]) -> Read:
    """Several names, separated by commas."""

    def read(name: str, text: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in text.split(","))
        return tuple(one_of(known)(name, part) for part in parts)

    return read


def pairs(name: str, text: str) -> dict[str, str]:
    """KEY:VALUE,... of which the last colon of each counts."""
    found: dict[str, str] = {}
    for pair in map(str.strip, text.split(",")):
        key, colon, value = pair.rpartition(":")
        if not colon or not key or not value:
            raise PolicyError(f"{name}: '{shown(pair, 80)}' is not THEIRS:OURS, such as observation/image:primary.")
        if key in found:
            raise PolicyError(f"{name}: '{shown(key, 80)}' is named twice.")
        found[key] = value
    return found


def point(name: str, text: str) -> tuple[float, ...]:
    """X,Y,Z in metres."""
    parts = text.split(",")
    if len(parts) != 3:
        raise PolicyError(f"{name}={shown(text, 60)}: give three numbers in metres, such as -0.66,0,0.912.")
    return tuple(within(-100, 100)(name, part.strip()) for part in parts)


def word(name: str, text: str) -> str:
    """A text in one line that is not empty: a name, a path or a key."""
    if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise PolicyError(f"{name}={shown(text, 60)!r}: give a text of one line.")
    return text


def device(name: str, text: str) -> str:
    """A device of PyTorch."""
    if not re.fullmatch(rf"({'|'.join(DEVICES)})(:\d{{1,3}})?", text):
        raise PolicyError(f"{name}={shown(text, 60)}: give a device such as cpu, cuda or cuda:1.")
    return text


def revision(name: str, text: str) -> str:
    """A commit, branch or tag of a checkpoint on the Hub."""
    if not re.fullmatch(r"[\w./-]{1,200}", text, re.ASCII) or ".." in text:
        raise PolicyError(f"{name}={shown(text, 60)}: give a commit, branch or tag of the checkpoint on the Hub.")
    return text


def text_of(name: str, value: Any) -> str:
    """An argument as the command line would give it; numbers, truths and None are written out."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return NOTHING
    if not isinstance(value, str | int | float):
        raise PolicyError(f"{shown(str(name), 60)}: give a text or a number, not a {type(value).__name__}.")
    return str(value)
