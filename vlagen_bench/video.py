"""What did it look like? A film per episode, written by whoever played it."""

import re
from pathlib import Path
from typing import Literal

import imageio.v2 as imageio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.errors import RunError
from vlagen_bench.nouns import EpisodeResult
from vlagen_bench.record import writing_to

Which = Literal["all", "failures", "none"]
CAPTION_PX = 22


class VideoWriter:
    """Writes `videos/<condition>-<index>-<id>.mp4` of all episodes, or of those that did not succeed."""

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
        pictures = [captioned(frame, f"{result.outcome}: {episode.instruction}") for frame in frames]
        try:
            with writing_to(self._folder):
                imageio.mimwrite(self._folder / f"{name}.mp4", pictures, fps=self._fps, macro_block_size=2, quality=7)
        except (RuntimeError, ValueError, ImportError) as error:
            raise RunError(
                f"The film {name}.mp4 cannot be made: {error}. To go on without films: --video none"
            ) from error


def captioned(frame: np.ndarray, text: str) -> np.ndarray:
    """The frame (uint8 (H, W, 3)) with a line of text under it."""
    height, width = frame.shape[:2]
    picture = Image.new("RGB", (width, height + CAPTION_PX), "black")
    picture.paste(Image.fromarray(frame))
    font = ImageFont.load_default(size=12)
    while text and font.getlength(text) > width - 8:
        text = text[:-2].rstrip("…") + "…"
    ImageDraw.Draw(picture).text((4, height + 4), text, fill="white", font=font)
    return np.asarray(picture)
