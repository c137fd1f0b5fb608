"""The arguments that all adapters understand (`--policy-args turn=vertical gripper=one_closed`), read into conventions."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import PARTS, REFERENCES
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.observations import COLOURS, FITS, LAYOUTS, VALUES
from vlagen_bench.policies.adapters.readers import (
    MOST_STEPS,
    NOTHING,
    Read,
    in_unit,
    names_of,
    number,
    one_of,
    optional,
    pairs,
    point,
    share,
    size,
    steps,
    whole,
    within,
    yes_or_no,
)
from vlagen_bench.policies.conversion.frames import FRAMES, axes_matrix
from vlagen_bench.policies.conversion.grippers import POLARITIES
from vlagen_bench.policies.conversion.images import FILTERS, TURNS
from vlagen_bench.policies.conversion.normalisation import SCHEMES
from vlagen_bench.policies.conversion.rotations import FORMATS
from vlagen_bench.policies.conversion.states import PARTS as STATE_PARTS
from vlagen_bench.utils.text import shown

OFF = "off"
LENGTHS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001}
ANGLES_RAD = {"rad": 1.0, "deg": 0.017453292519943295}
MOST_WEIGHT = 100.0
"""m of an ensemble: beyond it one chunk alone counts"""


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
    "replan_steps": ("replan_steps", steps),
    "ensemble": ("ensemble", optional(within(-MOST_WEIGHT, MOST_WEIGHT))),
    "sticky_steps": ("sticky_steps", whole(1, MOST_STEPS)),
}
"""by argument, the field of `Conventions`"""
OTHERS = ("cameras", "prompt", "state", "state_base", "normalisation")
COMMON = (*ACTION, *PICTURES, *PLAYING, *OTHERS)
"""what every adapter understands"""


def overridden(conventions: Conventions, arguments: Mapping[str, str]) -> Conventions:
    """The conventions with what the user says otherwise; arguments that are not common ones are left out."""
    action = dataclasses.replace(conventions.output.action, **_read(ACTION, arguments))
    output = dataclasses.replace(conventions.output, action=action)
    if "normalisation" in arguments:
        scheme = one_of((*SCHEMES, NOTHING))("normalisation", arguments["normalisation"])
        if scheme != NOTHING and output.statistics is None:
            raise PolicyError(
                f"normalisation={scheme}: there are no statistics that it would use. Name them (statistics=FILE), or leave it out."
            )
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
    if "state_base" in arguments:
        base_m = point("state_base", arguments["state_base"])
        if conventions.state is None:
            raise PolicyError("state_base: this model takes no state.")
        found["state"] = dataclasses.replace(found.get("state", conventions.state), base_m=base_m)
    return found


def _read(fields: Mapping[str, tuple[str, Read]], arguments: Mapping[str, str]) -> dict[str, Any]:
    return {field: read(name, arguments[name]) for name, (field, read) in fields.items() if name in arguments}
