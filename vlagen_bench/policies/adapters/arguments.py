"""The arguments that all adapters understand (`--policy-args turn=vertical gripper=one_closed`), read into conventions."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.adapters.actions import PARTS, REFERENCES
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.observations import COLOURS, FITS, LAYOUTS, VALUES
from vlagen_bench.policies.conversion.frames import FRAMES, axes_matrix
from vlagen_bench.policies.conversion.grippers import POLARITIES
from vlagen_bench.policies.conversion.images import FILTERS, TURNS
from vlagen_bench.policies.conversion.normalisation import SCHEMES
from vlagen_bench.policies.conversion.rotations import FORMATS
from vlagen_bench.policies.conversion.states import PARTS as STATE_PARTS
from vlagen_bench.utils.text import shown

Read = Callable[[str, str], Any]
"""makes a value of an argument's name and text; raises `PolicyError`"""
NOTHING = "none"
OFF = "off"
LARGEST_PX = 4096
"""side of a picture: no model has a larger one, and a typing error would fill the memory"""
LENGTHS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001}
ANGLES_RAD = {"rad": 1.0, "deg": 0.017453292519943295}


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


def whole(name: str, text: str) -> int:
    """A whole number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise PolicyError(f"{name}={shown(text, 60)}: give a whole number from 0 on.")
    return int(text)


def optional(read: Read) -> Read:
    """A value, or `none`."""
    return lambda name, text: None if text == NOTHING else read(name, text)


def yes_or_no(name: str, text: str) -> bool:
    """`yes` or `no`."""
    return bool(one_of(("no", "yes"))(name, text) == "yes")


def in_unit(units: Mapping[str, float]) -> Read:
    """How much one of a model's units is: its name, or a number."""
    return lambda name, text: units[text] if text in units else positive(name, text)


def positive(name: str, text: str) -> float:
    """A number above 0."""
    value = number(name, text)
    if not 0 < value < inf:
        raise PolicyError(f"{name}={shown(text, 60)}: give a number above 0.")
    return value


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


def order(name: str, text: str) -> tuple[str, ...]:
    """The parts of an action in their order."""
    parts = names_of(PARTS)(name, text)
    if sorted(parts) != sorted(PARTS):
        raise PolicyError(f"{name}={shown(text, 80)}: name each of {', '.join(PARTS)} once.")
    return tuple(parts)


def axes(name: str, text: str) -> str:
    """Signed axes."""
    try:
        axes_matrix(text)
    except ValueError as error:
        raise PolicyError(f"{name}: {error}.") from None
    return text


def pairs(name: str, text: str) -> dict[str, str]:
    """KEY:VALUE,... of which the last colon of each counts."""
    found = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        key, colon, value = pair.rpartition(":")
        if not colon or not key or not value:
            raise PolicyError(f"{name}: '{shown(pair, 80)}' is not THEIRS:OURS, such as observation/image:primary.")
        found[key] = value
    return found


ACTION: dict[str, tuple[str, Read]] = {
    "order": ("order", order),
    "reference": ("reference", one_of(REFERENCES)),
    "frame": ("frame", one_of(FRAMES)),
    "axes": ("axes", axes),
    "translation_unit": ("translation_unit_m", in_unit(LENGTHS_M)),
    "rotation": ("rotation", one_of(FORMATS)),
    "rotation_unit": ("rotation_unit_rad", in_unit(ANGLES_RAD)),
    "gripper": ("gripper", one_of(POLARITIES)),
    "gripper_threshold": ("gripper_threshold", optional(number)),
}
"""by argument, the field of `ActionForm`"""
PICTURES: dict[str, tuple[str, Read]] = {
    "turn": ("turn", one_of(TURNS)),
    "jpeg": ("jpeg", yes_or_no),
    "size": ("size_px", optional(size)),
    "resize": ("how", one_of(FILTERS)),
    "fit": ("fit", one_of(FITS)),
    "crop": ("crop_area", optional(share)),
    "colours": ("colours", one_of(COLOURS)),
    "layout": ("layout", one_of(LAYOUTS)),
    "values": ("values", one_of(VALUES)),
}
"""by argument, the field of every `PictureForm`"""
PLAYING: dict[str, tuple[str, Read]] = {
    "replan_steps": ("replan_steps", whole),
    "ensemble": ("ensemble", optional(number)),
    "sticky_steps": ("sticky_steps", whole),
}
"""by argument, the field of `Conventions`"""
OTHERS = ("cameras", "prompt", "state", "normalisation")
COMMON = (*ACTION, *PICTURES, *PLAYING, *OTHERS)
"""what every adapter understands"""


def overridden(conventions: Conventions, arguments: Mapping[str, str]) -> Conventions:
    """The conventions with what the user says otherwise; arguments that are not common ones are left out."""
    action = dataclasses.replace(conventions.output.action, **_read(ACTION, arguments))
    output = dataclasses.replace(conventions.output, action=action)
    if "normalisation" in arguments:
        scheme = one_of((*SCHEMES, NOTHING))("normalisation", arguments["normalisation"])
        output = dataclasses.replace(output, **({"statistics": None} if scheme == NOTHING else {"scheme": scheme}))
    pictures = dict(conventions.pictures)
    if "cameras" in arguments:
        pictures = with_cameras(pictures, pairs("cameras", arguments["cameras"]))
    changed = _read(PICTURES, arguments)
    return dataclasses.replace(
        conventions,
        output=output,
        pictures={name: dataclasses.replace(form, **changed) for name, form in pictures.items()},
        **_read(PLAYING, arguments),
        **_told(conventions, arguments),
    )


def with_cameras(pictures: Mapping[str, Any], cameras: Mapping[str, str]) -> dict[str, Any]:
    """The pictures, of the cameras that are named; a new name is like the first picture, and one whose camera is `off` goes."""
    if not pictures:
        raise PolicyError("cameras: this model takes no pictures.")
    example = next(iter(pictures.values()))
    named = {name: dataclasses.replace(pictures.get(name, example), camera=camera) for name, camera in cameras.items()}
    return {name: form for name, form in {**pictures, **named}.items() if form.camera != OFF}


def _told(conventions: Conventions, arguments: Mapping[str, str]) -> dict[str, Any]:
    """The forms of prompt and state."""
    found: dict[str, Any] = {}
    if "prompt" in arguments:
        text = arguments["prompt"].replace("\\n", "\n")  # a shell passes the two characters on
        if "{instruction}" not in text:
            raise PolicyError("prompt: the text has no {instruction}, so that the model would not know what to do.")
        found["prompt"] = dataclasses.replace(conventions.prompt, template=text)
    if "state" in arguments:
        parts = names_of(STATE_PARTS)("state", arguments["state"])
        if conventions.state is None:
            raise PolicyError("state: this model takes no state.")
        found["state"] = dataclasses.replace(conventions.state, parts=parts)
    return found


def _read(fields: Mapping[str, tuple[str, Read]], arguments: Mapping[str, str]) -> dict[str, Any]:
    return {field: read(name, arguments[name]) for name, (field, read) in fields.items() if name in arguments}
