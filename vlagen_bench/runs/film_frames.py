"""The frames of a film: every camera's picture side by side, with condition, step, instruction and outcome written in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.utils.smooth_text import Font, wrapped, write

LINE_PX, MARGIN_PX = 14, 4
"""of texts; even heights, since codecs want them"""
LEAST_PX = 256
"""pictures that are lower than this are shown larger"""
HEAD_BYTES = 65_536
"""of a film in which its region is looked for: what describes a film stands first in it"""
_REGION = re.compile(rb"vlagen film (\d+) (\d+) (\d+) (\d+) (\d+)")


@dataclass(frozen=True, kw_only=True)
class FilmRegion:
    """Where in a film's frames the primary camera's picture is, and how often the last one is repeated."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    held: int

    @property
    def comment(self) -> str:
        """How a film says it."""
        return f"vlagen film {self.left_px} {self.top_px} {self.width_px} {self.height_px} {self.held}"


def region_of(path: Path) -> FilmRegion | None:
    """The region that a film says; None: it is of an earlier release, and has a caption under the picture alone."""
    with open(path, "rb") as film:
        said = _REGION.search(film.read(HEAD_BYTES))
    if said is None:
        return None
    left, top, width, height, held = map(int, said.groups())
    return FilmRegion(left_px=left, top_px=top, width_px=width, height_px=height, held=held)


def film_frames(
    shots: Sequence[Mapping[str, np.ndarray]], *, condition: str, instruction: str, outcome: str, held: int
) -> tuple[list[np.ndarray], FilmRegion]:
    """The frames of an episode, uint8 RGB, all of one even size, and where the primary camera's picture is in them.

    Args:
        shots: the pictures of each step by camera, the primary one first.
        condition: stands above every picture, with the step's number.
        instruction: stands under every picture.
        outcome: stands above the last picture.
        held: how often the last picture is repeated, for its outcome to be read.
    """
    pictures = [_side_by_side(list(shot.values())) for shot in shots]
    width, steps = pictures[0].shape[1], len(pictures) - 1
    texts = [f"step {number} of {steps}" for number in range(steps)] + [f"step {steps} of {steps}: {outcome}"]
    heads = _bands([[condition, text] for text in texts], width)
    frames = [
        np.concatenate((head, frame)) for head, frame in zip(heads, captioned(pictures, instruction), strict=True)
    ]
    height, own, _ = _side_by_side([next(iter(shots[0].values()))]).shape
    region = FilmRegion(left_px=0, top_px=heads[0].shape[0], width_px=own, height_px=height, held=held)
    return [*frames, *[frames[-1]] * held], region


def captioned(frames: Sequence[np.ndarray], text: str) -> list[np.ndarray]:
    """The frames (uint8 (H, W, 3)) with all of the text under each, in as many lines as that takes."""
    (under,) = _bands([[text]], frames[0].shape[1])
    return [np.concatenate((frame, under)) for frame in frames]


def caption_px(text: str, width_px: int) -> int:
    """How high the caption of a film of this width is."""
    return _height_px(_lines(text, width_px)[0])


def _bands(paragraphs: Sequence[Sequence[str]], width_px: int) -> list[np.ndarray]:
    """Bands of one height with text, each paragraph in as many lines as it takes."""
    lines = [[line for text in texts for line in _lines(text, width_px)[0]] for texts in paragraphs]
    height_px, font = max(map(_height_px, lines)), ImageFont.load_default(size=12)
    bands = []
    for some in lines:
        band = Image.new("RGB", (width_px, height_px), "black")
        write(ImageDraw.Draw(band), (MARGIN_PX, MARGIN_PX), some, LINE_PX, fill="white", font=font)
        bands.append(np.asarray(band))
    return bands


def _lines(text: str, width_px: int) -> tuple[list[str], Font]:
    font = ImageFont.load_default(size=12)
    return wrapped(text, font, width_px - 2 * MARGIN_PX), font


def _height_px(lines: Sequence[str]) -> int:
    return 2 * MARGIN_PX + LINE_PX * len(lines)


def _side_by_side(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The pictures in one row, all as high as the first is shown."""
    own = pictures[0].shape[0]
    height = _even(own * -(-LEAST_PX // own))
    return np.concatenate([_of_height(picture, height) for picture in pictures], axis=1)


def _of_height(picture: np.ndarray, height_px: int) -> np.ndarray:
    height, width = picture.shape[:2]
    size = (_even(round(width * height_px / height)), height_px)
    if size == (width, height):
        return picture
    # Where it gets larger, its pixels stay what they are: nothing is made up in between.
    return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST if height_px >= height else cv2.INTER_AREA)


def _even(length_px: int) -> int:
    return length_px + length_px % 2
