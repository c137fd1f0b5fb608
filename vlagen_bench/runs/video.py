"""Videos of episodes, written by the process that plays them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import imageio.v2 as imageio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.errors import RunError
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.types import EpisodeResult
from vlagen_bench.utils.smooth_text import Font, wrapped, write

Which = Literal["all", "failures", "none"]
LINE_PX, MARGIN_PX = 14, 4
"""of captions; even heights, since codecs want them"""


class VideoWriter:
    """Writes `videos/<condition>-<index>-<id>.mp4` of all episodes, or of the unsuccessful ones."""

    def __init__(self, folder: Path, which: Which, fps: int) -> None:
        self._folder, self._which, self._fps = folder, which, fps

    def into(self, folder: Path) -> "VideoWriter":
        """The same for another folder."""
        return VideoWriter(folder, self._which, self._fps)

    def keep(self, name: str, content: bytes) -> None:
        """Stores a film that was made elsewhere; raises `RunError` if the disk refuses."""
        with writing_to(self._folder):
            (self._folder / name).write_bytes(content)

    def write(self, result: EpisodeResult, frames: list[np.ndarray]) -> None:
        """Writes the film if it is wanted; raises `RunError` if that is impossible."""
        if not frames or (self._which == "failures" and result.outcome == "success"):
            return
        episode = result.episode
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{episode.condition}-{episode.index:04d}-{episode.id}")
        pictures: Sequence[np.ndarray] = captioned(frames, caption(result.outcome, episode.instruction))
        try:
            with writing_to(self._folder):
                imageio.mimwrite(
                    self._folder / f"{name}.mp4", list(pictures), fps=self._fps, macro_block_size=2, quality=7
                )
        except (RuntimeError, ValueError, ImportError) as error:
            raise RunError(
                f"The film {name}.mp4 cannot be made: {error}. To go on without films: --video none"
            ) from error


def caption(outcome: str, instruction: str) -> str:
    """What a film says under its pictures."""
    return f"{outcome}: {instruction}"


def captioned(frames: Sequence[np.ndarray], text: str) -> list[np.ndarray]:
    """The frames (uint8 (H, W, 3)) with all of the text under each, in as many lines as that takes."""
    lines, font = _lines(text, frames[0].shape[1])
    under = Image.new("RGB", (frames[0].shape[1], _height_px(lines)), "black")
    write(ImageDraw.Draw(under), (MARGIN_PX, MARGIN_PX), lines, LINE_PX, fill="white", font=font)
    return [np.concatenate((frame, np.asarray(under))) for frame in frames]


def caption_px(text: str, width_px: int) -> int:
    """How high the caption of a film of this width is."""
    return _height_px(_lines(text, width_px)[0])


def _lines(text: str, width_px: int) -> tuple[list[str], Font]:
    font = ImageFont.load_default(size=12)
    return wrapped(text, font, width_px - 2 * MARGIN_PX), font


def _height_px(lines: Sequence[str]) -> int:
    return 2 * MARGIN_PX + LINE_PX * len(lines)
