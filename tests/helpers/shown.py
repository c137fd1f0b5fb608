"""Demonstrations of nothing, for a network that is small enough to learn in a moment."""

import dataclasses
from pathlib import Path

import numpy as np

from helpers import trained
from vlagen_bench.policies.compact import sentences
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.train.frames import frames_of
from vlagen_bench.train.sft_config import GroundingConfig
from vlagen_bench.utils.processes import memory_mb
from vlagen_bench.utils.seeding import stream

GROUNDING = GroundingConfig(iterations=4, stills=5)
SMALL = CompactConfig(cameras={"front": 32, "wrist": 16}, hidden=32, slot=8, widths=(8, 8), keypoints=4, blocks=1)


class Shown:
    """A demonstration of T frames, of which the last are another's."""

    def __init__(self, frames: int, *, others: int = 0, words: str = "put the apple on the plate") -> None:
        draw = stream(frames, "shown", words)
        self.images = {
            name: draw.randint(0, 256, (frames, side, side, 3)).astype(np.uint8) for name, side in SMALL.cameras.items()
        }
        self.state = draw.normal(size=(frames, 15)).astype(np.float32)
        self.is_label = np.arange(frames) >= others
        self.instruction = words
        self.privileged = {"source_px": np.full((frames, 2), 8.0), "target_px": np.full((frames, 2), np.nan)}
        self.action = np.tile(np.array([0.01, 0, 0, 0, 0, 0, 1], np.float32), (frames, 1))

    def chunks(self, horizon):
        from vlagen_bench.demonstrations.labels import chunk_labels

        return chunk_labels(self.action, self.action, horizon)


def half_noise(count: int, side: int) -> np.ndarray:
    """Pictures uint8 (count, side, side, 3) of which the upper half is of one colour, and the lower one cannot be packed."""
    pictures = np.full((count, side, side, 3), 1, np.uint8)
    pictures[:, side // 2 :] = stream(0, "noise").randint(0, 256, (side - side // 2, side, 3))
    return pictures


def memory_of_reading(megabytes: int) -> tuple[float, float]:
    """The peak and the end of the resident memory in MB above that before, of frames whose pictures have so many."""

    def shown(count: int):
        for _ in range(count):
            one = Shown(20)
            one.images = {name: half_noise(20, side) for name, side in config.cameras.items()}
            yield one
            del one  # which a generator would hold beside the next one

    def peak_mb() -> float:
        (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6

    config = dataclasses.replace(SMALL, cameras={"front": 128, "wrist": 64})
    sentences.vectors = trained.same_vectors
    frames_of(shown(1), config).batch(np.arange(20))
    before = memory_mb()
    frames = frames_of(shown(round(megabytes * 1e6 / 20 / (128**2 + 64**2) / 3)), config)
    frames.batch(np.arange(128))
    return peak_mb() - before, memory_mb() - before
