"""Where supervised fine-tuning takes its frames from: datasets of demonstrations, and stills that are drawn for it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vlagen_bench.demonstrations import distribution
from vlagen_bench.demonstrations.dataset import Dataset, Demonstration
from vlagen_bench.errors import ConfigError
from vlagen_bench.train import grounding
from vlagen_bench.train.frames import Frames, frames_of
from vlagen_bench.train.sft import SftConfig


def demonstrations(config: SftConfig) -> Frames:
    """The frames of the datasets of a config.

    Raises:
        ConfigError: they hold fewer demonstrations than the config asks for, or other pictures than the policy sees.
        RunError: a folder is no dataset.
    """
    frames = frames_of(_episodes(config), config.policy)
    held = int(frames.episode[-1]) + 1
    if config.episodes is not None and held < config.episodes:
        raise ConfigError(
            f"episodes: {config.episodes} are asked for, and {', '.join(config.demonstrations)} hold {held}. Collect more: "
            f"vlagen collect --out {config.demonstrations[0]} --episodes {config.episodes}"
        )
    return frames


def _episodes(config: SftConfig) -> Iterator[Demonstration]:
    cameras = tuple(config.policy.cameras)
    plain = (one for folder in config.demonstrations for one in Dataset(folder).read(cameras=cameras))
    yield from islice(plain, config.episodes)
    for folder in config.takeovers:
        yield from Dataset(folder).read(cameras=cameras)


def stills(config: SftConfig, folder: Path, *, workers: int = 2) -> Frames | None:
    """The stills of the grounding stage, drawn into a folder; None where the config has no such stage."""
    wanted = config.grounding
    if not wanted.iterations:
        return None
    mixture = distribution.load(wanted.distribution)
    drawn = grounding.stills(wanted.distribution, mixture.seed, wanted.stills, config.policy, folder, workers=workers)
    return frames_of(drawn, config.policy)
