"""What a model sees and is told, as data, and the functions that make it of an observation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.conversion import images
from vlagen_bench.policies.conversion.images import Filter, Turn
from vlagen_bench.policies.conversion.normalisation import Scheme, Statistics, normalise
from vlagen_bench.policies.conversion.states import NO_TURN, ORIGIN, Part, Point, Quat, state_in

PRIMARY, NO_CAMERA = "primary", "none"
"""the scene's own main camera; a black picture in place of a camera that there is none of"""
Fit = Literal["stretch", "pad"]
FITS: tuple[Fit, ...] = get_args(Fit)
Colours = Literal["rgb", "bgr"]
COLOURS: tuple[Colours, ...] = get_args(Colours)
Layout = Literal["hwc", "chw"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
Values = Literal["bytes", "unit"]
VALUES: tuple[Values, ...] = get_args(Values)


@dataclass(frozen=True, kw_only=True)
class PictureForm:
    """How a camera's picture is given to a model; in the order in which it is done."""

    camera: str = PRIMARY
    turn: Turn = "none"
    jpeg: bool = False
    """whether it is compressed and read again, as the pictures of RLDS data sets were"""
    size_px: tuple[int, int] | None = None
    """(height, width); None: as it is drawn"""
    how: Filter = "bilinear"
    fit: Fit = "stretch"
    """pad: the whole picture in its proportions, with a black border"""
    crop_area: float | None = None
    """share of the area about the middle that is kept, in the same size; None: all"""
    colours: Colours = "rgb"
    layout: Layout = "hwc"
    values: Values = "bytes"
    """bytes: uint8 from 0 to 255; unit: float32 from 0 to 1"""

    def of(self, obs: Mapping[str, Any]) -> np.ndarray:
        """The picture for the model."""
        picture = images.turned(_drawn(obs, self.camera), self.turn)
        if self.jpeg:
            picture = images.jpeg_round_trip(picture)
        size = self.size_px or (picture.shape[0], picture.shape[1])
        picture = (images.resize_with_pad if self.fit == "pad" else images.resize)(picture, size, self.how)
        if self.crop_area is not None:
            picture = images.centre_crop(picture, self.crop_area, size)
        if self.colours == "bgr":
            picture = images.swap_red_and_blue(picture)
        if self.layout == "chw":
            picture = images.channels_first(picture)
        return images.unit_range(picture) if self.values == "unit" else picture


@dataclass(frozen=True, kw_only=True)
class StateForm:
    """How the robot's state is given to a model."""

    parts: tuple[Part, ...]
    finger_m: float = 0.04
    """how far a finger of the model's robot is from the middle when it is open"""
    rest_quat_wxyz: Quat = NO_TURN
    """the tool's orientation, in the frame of the base, that the model's robot calls none"""
    base_m: Point = ORIGIN
    """where the base of the model's robot stands in the world in which its positions are; zero: they are in the base's frame"""
    statistics: Statistics | None = None
    scheme: Scheme = "quantiles"

    def of(self, obs: Mapping[str, Any]) -> np.ndarray:
        """Float32 (n,)."""
        state = state_in(
            obs["state"],
            self.parts,
            finger_m=self.finger_m,
            rest_quat_wxyz=self.rest_quat_wxyz,
            base_m=self.base_m,
        )
        if self.statistics is None:
            return state
        return normalise(state, self.statistics, self.scheme, clip=True).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class PromptForm:
    """How the instruction is given to a model."""

    template: str = "{instruction}"
    lower: bool = False
    """in small letters"""
    full_stop: bool = True
    """whether a full stop at its end stays"""

    def of(self, instruction: str) -> str:
        """The text."""
        text = instruction.lower() if self.lower else instruction
        text = text if self.full_stop else text.rstrip().removesuffix(".")
        return self.template.replace("{instruction}", text)


def _drawn(obs: Mapping[str, Any], camera: str) -> np.ndarray:
    if camera == PRIMARY:
        return np.asarray(obs["image"])
    if camera == NO_CAMERA:
        return np.zeros_like(obs["image"])
    if camera not in obs["images"]:
        raise PolicyError(
            f"{unknown('picture of the camera', camera, obs['images'], of='The observation')} A black picture in its place: "
            f"cameras=...:{NO_CAMERA}"
        )
    return np.asarray(obs["images"][camera])
