"""Parts of messages: their names on both sides, and what is done with a value on its way."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError

INSIDE = "//"
"""`images//cam_high` is the key `cam_high` of the map that the key `images` holds"""
DEEPEST = 4
"""maps within maps"""
NUMBERS = "fiu"
"""kinds of dtypes"""
_COLON = re.compile(r":(?![^\[]*\])")
"""one that is not within brackets"""
_PART = re.compile(
    r"(?P<name>[^\[\]@*]+)(?:\[(?P<first>-?\d*):(?P<end>-?\d*)\])?(?P<chw>@chw)?(?:\*(?P<factor>[^*@\[\]]+))?"
)
GRAMMAR = "NAME, NAME[FIRST:END], NAME*FACTOR, NAME[FIRST:END]*FACTOR or NAME@chw"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A value of a message, and what is done with it: `state[0:3]*1000`, `image@chw`."""

    name: str
    first: int | None = None
    end: int | None = None
    factor: float | None = None
    chw: bool = False
    """whether a picture changes between (H, W, 3) and (3, H, W)"""

    @property
    def plain(self) -> bool:
        """Whether the value stays as it is."""
        return self == Part(name=self.name)

    def of(self, value: Any, option: str) -> Any:
        """The value as it travels on; raises `PolicyError`, which begins with the option, where it does not fit."""
        if self.plain:
            return value
        array = np.asarray(value)
        if array.dtype.kind not in NUMBERS or array.ndim == 0:
            raise PolicyError(f"{option}: '{self.name}' is {described(value)}, not an array of numbers.")
        if self.chw:
            return self._turned(array, option)
        taken = array[..., slice(self.first, self.end)]
        if taken.shape[-1] == 0 or (self.end is not None and abs(self.end) > array.shape[-1]):
            raise PolicyError(
                f"{option}: '{self.name}' has {array.shape[-1]} numbers, and [{_end(self.first)}:{_end(self.end)}] asks for "
                f"others."
            )
        return taken if self.factor is None else (taken * self.factor).astype(np.float32)

    def _turned(self, array: np.ndarray, option: str) -> np.ndarray:
        if array.ndim == 3 and array.shape[2] == 3:
            return np.ascontiguousarray(array.transpose(2, 0, 1))
        if array.ndim == 3 and array.shape[0] == 3:
            return np.ascontiguousarray(array.transpose(1, 2, 0))
        raise PolicyError(f"{option}: '{self.name}' is {described(array)}; @chw is for (3, H, W) and (H, W, 3).")


def parse_pairs(text: str, option: str) -> Iterator[tuple[str, str]]:
    """The two sides of each THEIRS:OURS; raises `PolicyError` for a pair without a colon."""
    for pair in filter(None, map(str.strip, text.split(","))):
        colons = list(_COLON.finditer(pair))
        sent, own = (pair[: colons[-1].start()], pair[colons[-1].end() :]) if colons else ("", "")
        if not sent or not own:
            raise PolicyError(
                f"{option}: '{pair}' is not THEIRS:OURS. Give pairs such as observation/image:image, with commas between."
            )
        yield sent, own


def parse_part(text: str, option: str) -> Part:
    """A part as it is written; raises `PolicyError` for another form."""
    found = _PART.fullmatch(text)
    if found is None:
        raise PolicyError(f"{option}: '{text}' is no part of a message. Write {GRAMMAR}.")
    first, end, factor = found["first"], found["end"], found["factor"]
    part = Part(
        name=found["name"],
        first=int(first) if first else None,
        end=int(end) if end else None,
        factor=None if factor is None else _number(factor, text, option),
        chw=found["chw"] is not None,
    )
    if part.chw and part != Part(name=part.name, chw=True):
        raise PolicyError(f"{option}: '{text}': @chw is for pictures, which are neither cut nor scaled.")
    return part


def leaves(message: Mapping[str, Any], depth: int = DEEPEST) -> dict[str, Any]:
    """Every value by its name, those of maps within by `outer//inner`; raises `PolicyError` for odd or deep maps."""
    found: dict[str, Any] = {}
    for key, value in message.items():
        if not isinstance(key, str):
            raise PolicyError(f"The question has the key {str(key)[:80]!r}. Give keys that are strings.")
        if not isinstance(value, dict):
            found[key] = value
        elif depth == 0:
            raise PolicyError(f"The question has more than {DEEPEST} maps within maps. Send a flat map.")
        else:
            found |= {f"{key}{INSIDE}{inner}": leaf for inner, leaf in leaves(value, depth - 1).items()}
    return found


def put(message: dict[str, Any], name: str, value: Any) -> None:
    """Puts a value under a name, in a map within for `outer//inner`."""
    *outer, last = name.split(INSIDE)
    for key in outer:
        message = message.setdefault(key, {})
    message[last] = value


def joined(values: Sequence[Any]) -> Any:
    """The value, or several one behind the other."""
    return values[0] if len(values) == 1 else np.concatenate([np.asarray(value) for value in values], axis=-1)


def described(value: Any) -> str:
    """What a value is, in a few words."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    return f"a {type(value).__name__}"


def _number(text: str, whole: str, option: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number):
        raise PolicyError(f"{option}: '{whole}': '{text}' is not a finite number.")
    return number


def _end(number: int | None) -> str:
    return "" if number is None else str(number)
