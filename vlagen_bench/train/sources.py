"""Where supervised fine-tuning takes its frames from: datasets of demonstrations, and stills that are drawn for it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from vlagen_bench.demonstrations import distribution, job, layout
from vlagen_bench.demonstrations.attempts import Recipe
from vlagen_bench.demonstrations.collect import Collector
from vlagen_bench.demonstrations.dataset import Dataset, Demonstration
from vlagen_bench.demonstrations.disturbance import Noise
from vlagen_bench.demonstrations.job import Job
from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.scenes import specs
from vlagen_bench.train import grounding
from vlagen_bench.train.frames import Frames, frames_of
from vlagen_bench.train.listener import Listener
from vlagen_bench.train.sft_config import CollectConfig, SftConfig
from vlagen_bench.utils.processes import cores


def demonstrations(config: SftConfig, network: CompactConfig, out: Path, listener: Listener) -> Frames:
    """The frames of the datasets of a configuration, which are collected first where it says so.

    Raises:
        ConfigError: they hold fewer demonstrations than are asked for, or other pictures than the policy sees.
        RunError: a folder is no dataset.
    """
    folders = [Path(name) for name in config.demonstrations]
    if config.collect is not None:
        folders = [out / "demonstrations"]
        _collect(config.collect, config.distribution, network, folders[0], listener)
    plain, takeovers = [Dataset(folder) for folder in folders], [Dataset(folder) for folder in config.takeovers]
    if config.grounding.iterations or config.grounding.weight:
        for one in (*plain, *takeovers):
            _check_primary(one.cameras[0], network, f"the demonstrations in {one.folder}")
    for one in (*plain, *takeovers):
        failures = sum(not row[f"{layout.OURS}success"] for row in one.rows)
        if failures:
            listener.note(
                f"{failures} of the {len(one)} demonstrations in {one.folder} failed, and are learnt from like the others. `vlagen collect "
                f"--only-success` leaves them out."
            )
    held = sum(map(len, plain))
    if config.episodes is not None and held < config.episodes:
        raise ConfigError(
            f"episodes: {config.episodes} are asked for, and {', '.join(map(str, folders))} hold {held}. Collect more: "
            f"vlagen collect --out {folders[0]} --episodes {config.episodes}"
        )
    return frames_of(_episodes(config.episodes, plain, takeovers, tuple(network.cameras)), network)


def _episodes(
    count: int | None, plain: Sequence[Dataset], takeovers: Sequence[Dataset], cameras: Sequence[str]
) -> Iterator[Demonstration]:
    yield from islice((one for dataset in plain for one in dataset.read(cameras=cameras)), count)
    for dataset in takeovers:
        yield from dataset.read(cameras=cameras)


def _check_primary(shown: str, network: CompactConfig, where: str) -> None:
    """Raises `ConfigError` where the places that a network is to point at are of another camera's picture."""
    if shown != network.primary:
        raise ConfigError(
            f"network: cameras: {network.primary} is the first, and the places of source and target in {where} are of the pictures of "
            f"{shown}. Name {shown} first; or let nothing be pointed at: grounding: {{iterations: 0, weight: 0}}"
        )


def _collect(wanted: CollectConfig, mixture: str, network: CompactConfig, folder: Path, listener: Listener) -> None:
    loaded = distribution.load(mixture)
    scene = specs.of_task(loaded.of_task)
    made = Job(
        distribution=loaded,
        noise=Noise(steps=wanted.noise),
        cameras=job.cameras_of(scene, tuple(network.cameras), dict(network.cameras)),
        only_success=True,
    )
    with Collector(Recipe(job=made, folder=folder), note=listener.note) as collector:
        for _ in collector.play(wanted.episodes, workers=cores()):
            listener.played(collector.collected.kept, wanted.episodes)
        collector.finish()


def stills(config: SftConfig, network: CompactConfig, folder: Path, listener: Listener) -> Frames:
    """The stills of the grounding stage, drawn into a folder."""
    mixture = distribution.load(config.distribution)
    _check_primary(specs.of_task(mixture.of_task).camera.name, network, f"the scene of {mixture.name}")
    wanted = config.grounding.stills
    drawn = grounding.stills(
        mixture, wanted, network, folder, workers=cores(), note=lambda count: listener.played(count, wanted)
    )
    return frames_of(drawn, network)
