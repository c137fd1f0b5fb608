"""Stills for the grounding stage: how episodes of the training distribution begin, with the places of source and target.

The places come from the simulator. A policy that was trained on them says so in its model card.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.demonstrations import privileged
from vlagen_bench.demonstrations.distribution import Distribution
from vlagen_bench.errors import RunError
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.utils import spawned
from vlagen_bench.utils.spawned import refuse_while_importing

FIRST = 10_000_000
"""stills begin at this index of the distribution, beyond what is demonstrated"""
EACH = 200
"""stills of one file, after which an interrupted drawing goes on"""


@dataclass(frozen=True, kw_only=True)
class Still:
    """One picture of each camera, as an episode of a single frame without labels."""

    images: Mapping[str, np.ndarray]
    state: np.ndarray
    instruction: str
    privileged: Mapping[str, np.ndarray]

    @property
    def is_label(self) -> np.ndarray:
        return np.zeros(1, dtype=bool)

    def chunks(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Nothing is done in a still."""
        return np.zeros((1, horizon, 7), dtype=np.float32), np.zeros((1, horizon), dtype=bool)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a process draws: a part of the stills."""

    mixture: Distribution
    cameras: Mapping[str, int]
    start: int
    count: int
    path: Path


def stills(
    mixture: Distribution,
    count: int,
    config: CompactConfig,
    folder: Path,
    *,
    workers: int = 2,
    note: Callable[[int], None] = lambda count: None,
) -> list[Still]:
    """Draws stills into files of a folder, as far as they are not there, and reads them.

    Args:
        mixture: whose episodes begin so.
        count: of the stills.
        config: of the policy: its cameras.
        folder: of the files; what an interrupted drawing left is used.
        workers: processes.
        note: is told how many there are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [
        Drawing(
            mixture=mixture, cameras=dict(config.cameras), start=start, count=min(EACH, count - start),
            path=folder / f"stills-{start:07d}-{min(EACH, count - start)}.npz",
        )
        for start in range(0, count, EACH)
    ]  # fmt: skip
    missing = [part for part in parts if not part.path.is_file()]
    if missing:
        refuse_while_importing()
        try:
            with spawned.pool(workers) as pool:
                for done, _ in enumerate(pool.map(draw, missing), 1):
                    note(min(count, (len(parts) - len(missing) + done) * EACH))
        except BrokenProcessPool:
            # A program without the guard ends here too: its processes import it, and are refused.
            raise RunError(
                "A process that draws stills has died. Is there enough memory, and does your program start under "
                '`if __name__ == "__main__":`? Give the command again to go on.'
            ) from None
    return [still for part in parts for still in _read(part)]


def draw(part: Drawing) -> None:
    """Draws a part of the stills into its file."""
    os.environ.setdefault("LP_NUM_THREADS", "1")  # of software rendering: each process has a core
    mixture = part.mixture
    sizes = ",".join(f"{name}={side}" for name, side in part.cameras.items())
    choice = CameraChoice.of(specs.of_task(mixture.of_task), tuple(part.cameras), sizes)
    sim = Simulator.of(mixture.of_task, cameras=choice)
    drawn = [
        _still(sim, mixture.episode(FIRST + number), part.cameras)
        for number in range(part.start, part.start + part.count)
    ]
    arrays: dict[str, Any] = {key: np.stack([still[key] for still in drawn]) for key in drawn[0]}
    partial = part.path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays)
    partial.replace(part.path)


def _still(sim: Simulator, episode: Any, cameras: Sequence[str] | Mapping[str, int]) -> dict[str, np.ndarray]:
    sim.reset(episode)
    seen = sim.observe()
    places = {f"at.{name}": place[None] for name, place in privileged.positions(sim).items()}
    images = {f"image.{name}": seen["images"][name][None] for name in cameras}
    return {**images, **places, "state": seen["state"][None], "instruction": np.array(sim.instruction)}


def _read(part: Drawing) -> list[Still]:
    with np.load(part.path, allow_pickle=False) as kept:
        arrays = {key: kept[key] for key in kept.files}
    return [
        Still(
            images={name: arrays[f"image.{name}"][number] for name in part.cameras},
            state=arrays["state"][number],
            instruction=str(arrays["instruction"][number]),
            privileged={key.removeprefix("at."): arrays[key][number] for key in arrays if key.startswith("at.")},
        )
        for number in range(part.count)
    ]
