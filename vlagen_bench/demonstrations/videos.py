"""Pictures as videos: one mp4 a camera and file of a dataset, and their frames read back."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np

from vlagen_bench.errors import ConfigError

CODEC, PIXELS = "h264", "yuv420p"
QUALITY = ("-crf", "18", "-g", "2", "-bf", "0")
"""hardly visible losses; every second frame is whole, so that any frame is found fast"""
DESCRIBED = {"video.codec": CODEC, "video.pix_fmt": PIXELS, "video.is_depth_map": False, "has_audio": False}


def described(width: int, height: int, fps: int) -> dict[str, Any]:
    """What `meta/info.json` says of a video, as LeRobot does."""
    size = {"video.height": height, "video.width": width, "video.channels": 3, "video.fps": fps}
    return {**size, **DESCRIBED}


def check_size(camera: str, width: int, height: int) -> None:
    """Raises `ConfigError` for pictures that the codec cannot hold."""
    if width % 2 or height % 2:
        raise ConfigError(
            f"--pictures video: the camera {camera} has {width} x {height} pixels, and videos need even numbers. "
            f"Choose another --image-size, or --pictures image"
        )


class VideoFiles:
    """Videos that are being written, one of each camera; each appears whole or not at all."""

    def __init__(self, paths: Mapping[str, Path], fps: int) -> None:
        """Begins to write.

        Args:
            paths: feature -> file.
            fps: frames per second.
        """
        import imageio.v2 as imageio

        self._paths, self._writers = paths, dict[str, Any]()
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[name] = imageio.get_writer(
                _partial(path), format="FFMPEG", mode="I", fps=fps, codec="libx264", pixelformat=PIXELS, quality=None,
                macro_block_size=1, output_params=list(QUALITY), ffmpeg_log_level="error",
            )  # fmt: skip

    def add(self, name: str, picture: np.ndarray) -> None:
        """One more frame of a camera."""
        self._writers[name].append_data(picture)

    def close(self) -> None:
        """Ends the videos."""
        for name, writer in self._writers.items():
            writer.close()
            os.replace(_partial(self._paths[name]), self._paths[name])


def _partial(path: Path) -> Path:
    return path.with_name(f"partial-{path.name}")


class VideoReader:
    """The frames of a video, which are asked for in ascending order."""

    def __init__(self, path: Path) -> None:
        import imageio.v2 as imageio

        self._reader = cast(Any, imageio.get_reader(path, format="FFMPEG"))  # imageio's types know no iteration
        self._frames: Iterator[Any] = iter(self._reader)
        self._next = 0

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def frames(self, start: int, end: int) -> np.ndarray:
        """Frames `start` to `end`, without the last: uint8 (N, H, W, 3)."""
        while self._next < start:
            next(self._frames)
            self._next += 1
        self._next = end
        return np.stack([np.asarray(next(self._frames)) for _ in range(end - start)])
