"""Videos of episodes, written by the process that plays them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import imageio.v2 as imageio
import numpy as np

from vlagen_bench.errors import RunError
from vlagen_bench.runs.film_frames import film_frames
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.types import EpisodeResult

Which = Literal["all", "failures", "none"]
HOLD_S = 1.0
"""how long a film stands still at its end, for the outcome to be read"""


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

    def write(self, result: EpisodeResult, shots: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Writes the film if it is wanted; raises `RunError` if that is impossible.

        Args:
            result: of the episode.
            shots: the pictures of each step by camera, the primary one first.
        """
        if not shots or (self._which == "failures" and result.outcome == "success"):
            return
        episode = result.episode
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{episode.condition}-{episode.index:04d}-{episode.id}")
        frames, region = film_frames(
            shots,
            condition=episode.condition,
            instruction=episode.instruction,
            outcome=result.outcome,
            held=round(HOLD_S * self._fps),
        )
        # What describes a film stands before its pictures, so that a browser begins to play before it has all.
        told = ["-movflags", "+faststart", "-metadata", f"comment={region.comment}"]
        try:
            with writing_to(self._folder):
                imageio.mimwrite(
                    self._folder / f"{name}.mp4",
                    cast(Any, frames),  # imageio's types know arrays and numbers, but no list of arrays
                    fps=self._fps,
                    macro_block_size=2,
                    quality=7,
                    output_params=told,
                )
        except (RuntimeError, ValueError, ImportError) as error:
            raise RunError(
                f"The film {name}.mp4 cannot be made: {error}. To go on without films: --video none"
            ) from error
