"""The check of a dataset: plays its episodes again from their actions, and compares every state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.demonstrations.dataset import Dataset, Demonstration
from vlagen_bench.errors import RunError
from vlagen_bench.harness.env_runner import EnvRunner
from vlagen_bench.harness.replay import UnrenderedSimulator, play
from vlagen_bench.plan.plan import task_of
from vlagen_bench.sim.interface import Sim
from vlagen_bench.types import Episode


@dataclass(frozen=True, kw_only=True)
class CheckedEpisode:
    """An episode of a dataset beside its repetition."""

    number: int
    """in the dataset"""
    episode: Episode
    faults: tuple[str, ...]
    """what differs, a clause each; none: all is the same, bit for bit"""


def check(dataset: Dataset, numbers: Sequence[int] | None = None, sim: Sim | None = None) -> Iterator[CheckedEpisode]:
    """Plays episodes again, without drawing them, and compares states, outcome and frames.

    Args:
        dataset: whose episodes.
        numbers: of those that are played, in ascending order; None: all.
        sim: plays them; None: the simulator of the dataset's task.

    Raises:
        RunError: the dataset has no episode yet, or not one of these numbers.
    """
    if not len(dataset):
        raise RunError(f"{dataset.folder} has no episodes yet, so there is nothing to check.")
    wanted = list(range(len(dataset))) if numbers is None else sorted(set(numbers))
    if wrong := [number for number in wanted if not 0 <= number < len(dataset)]:
        raise RunError(f"{dataset.folder} has {len(dataset)} episodes, from number 0, and none of number {wrong[0]}.")
    task = task_of(dataset.facts["task"])
    runner = EnvRunner(sim or UnrenderedSimulator(task), task)
    for number, shown in zip(wanted, dataset.read(episodes=wanted, cameras=()), strict=True):
        faults = (*_of_frames(shown, dataset.facts["job"]["drop_idle"]), *_of_states(shown, runner))
        yield CheckedEpisode(number=number, episode=shown.episode, faults=faults)


def _of_frames(shown: Demonstration, filtered: bool) -> Iterator[str]:
    """Whether the frames are those of the actions that the states follow from."""
    if not filtered and not np.array_equal(shown.executed, shown.actions):
        yield "its frames have other actions than its episode"
    changed = ~(shown.action == shown.executed).all(axis=1)
    if not np.array_equal(changed, shown.is_noisy):
        yield "a frame says wrongly whether it is noisy"
    if shown.is_noisy[~shown.is_label].any():
        yield "a frame is noisy before the demonstrator took over"


def _of_states(shown: Demonstration, runner: EnvRunner) -> Iterator[str]:
    again = play(runner, shown.episode, shown.actions)
    if again.error is not None:
        yield again.error
        return
    pairs = zip(shown.state_hashes, again.state_hashes, strict=False)
    parting = next((step for step, (old, new) in enumerate(pairs) if old != new), None)
    if parting is None and len(shown.state_hashes) != len(again.state_hashes):
        parting = min(len(shown.state_hashes), len(again.state_hashes))
    if parting is not None:
        where = "in the scene itself" if parting == 0 else f"at step {parting} of {len(shown.actions)}"
        yield f"its states differ {where}"
    if again.success != shown.success:
        yield f"its success is recorded as {shown.success}, and is {again.success}"
