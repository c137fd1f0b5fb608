"""Demonstrations of nothing, for a network that is small enough to learn in a moment."""

import numpy as np

from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.train.sft_config import GroundingConfig
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
