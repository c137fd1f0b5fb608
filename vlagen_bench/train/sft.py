"""Supervised fine-tuning: the network learns the demonstrations' tokens, after a stage that learns where things are."""

import hashlib
import math
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vlagen_bench.errors import RunError
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.runs.folder import writing_to
from vlagen_bench.train import actor_critic, held_out, imitation, run_folder, sources, state
from vlagen_bench.train.devices import device_of
from vlagen_bench.train.frames import Frames
from vlagen_bench.train.listener import Listener, Trained
from vlagen_bench.train.run_folder import TrainFolder
from vlagen_bench.train.sft_config import SftConfig
from vlagen_bench.train.sinks import Sinks
from vlagen_bench.train.state import Counters
from vlagen_bench.train.trainer import Trainer
from vlagen_bench.train.training_episodes import distribution_hash, task_of
from vlagen_bench.utils.processes import cores
from vlagen_bench.utils.seeding import stream

GRIPPER_BINS = 64
"""a gripper's token this near to the label's is right"""


def run(config: SftConfig, out: Path, *, listener: Listener | None = None, minutes: float | None = None) -> Trained:
    """Trains until all iterations are done; goes on where `out` holds the same run already.

    A run that was interrupted and went on has the same weights, bit for bit, as one that was not, on one machine with the same
    number of threads. What was done since the state was last saved is done again.

    Args:
        config: of the run.
        out: the folder of the run.
        listener: is told how it goes on.
        minutes: after which no further iteration begins, but for those up to the first state that this sitting keeps.

    Raises:
        VlagenError: what the user can fix.
    """
    until = math.inf if minutes is None else time.monotonic() + 60 * minutes
    threads = torch.get_num_threads()
    listener, device = listener or Listener(), device_of(config.device)
    with run_folder.opened(out, "sft", config) as folder, Sinks(config, "sft", out, listener.note) as sinks:
        torch.set_num_threads(config.threads or cores())
        try:
            return _Sft(folder, config, listener, sinks, until).train(device)
        finally:
            torch.set_num_threads(threads)


class _Sft:
    """A run that goes on in one process."""

    def __init__(self, folder: TrainFolder, config: SftConfig, listener: Listener, sinks: Sinks, until: float) -> None:
        self._folder, self._config, self._listener, self._sinks = folder, config, listener, sinks
        self._until = until
        self._grounding = config.grounding.iterations
        self._total = self._grounding + config.iterations
        self._counters = Counters()
        self._has_begun = False

    def train(self, device: torch.device) -> Trained:
        """Both stages on a device, or as far as there is time."""
        folder, config = self._folder, self._config
        held_out.check(task_of(config.distribution), config.evaluation)
        if not folder.start.is_file():
            checkpoint.save(folder.start, *actor_critic.begin(config.start, config.network, config.seed))
        network, self._card = checkpoint.load(folder.start)
        network = network.to(device)
        if self._grounding:
            network = self._ground(network)
        if self._counters.iterations >= self._grounding and time.monotonic() < self._until:
            self._imitate(network)
        done = self._counters.iterations
        return Trained(policy=folder.policy, iterations=done, complete=done >= self._total)

    def _ground(self, network: CompactNetwork) -> CompactNetwork:
        """The first stage; the network that the second begins with."""
        trainer = Trainer(config=self._config, network=network, total=self._grounding)
        self._resume(trainer, self._state_of_grounding, first=0, is_latest=not self._folder.state.is_file())
        if trainer.done < trainer.total:
            self._folder.require_same("distribution", distribution_hash(self._config.distribution))
            stills = sources.stills(self._config, network.config, self._folder.path / "stills", self._listener)
            if not trainer.done:
                _normalise(trainer, stills)
            self._loop(trainer, self._state_of_grounding, "grounding", stills, partial(_pointing, stills=stills))
        return trainer.averaged

    def _imitate(self, network: CompactNetwork) -> None:
        trainer = Trainer(config=self._config, network=network, total=self._config.iterations)
        self._resume(trainer, self._folder.state, first=self._grounding, is_latest=True)
        was, wanted = self._folder.before.get("iterations"), self._config.iterations
        if trainer.done and was != wanted:
            self._listener.note(
                f"This run was begun with {was} iterations, over which its learning rate was to fall, and goes on with {wanted}: its "
                f"weights will be others than those of a run that is begun with {wanted}."
            )
        if trainer.done >= trainer.total and checkpoint.is_whole(self._folder.policy):
            return
        frames = sources.demonstrations(self._config, network.config, self._folder.path, self._listener)
        self._demonstrated = int(frames.episode[-1]) + 1
        self._folder.require_same(
            "set of demonstrations", f"{self._demonstrated} episodes, {len(frames)} frames, {_hash(frames)}"
        )
        if not trainer.done and not self._config.start:
            _normalise(trainer, frames)
        loss = partial(_loss, frames=frames, config=self._config)
        self._loop(trainer, self._folder.state, "imitation", frames, loss)
        self._save_policy(trainer.averaged, self._folder.policy)

    @property
    def _state_of_grounding(self) -> Path:
        return self._folder.path / "state-grounding.safetensors"

    def _resume(self, trainer: Trainer, path: Path, *, first: int, is_latest: bool) -> None:
        """Puts a stage's state into its trainer, if there is one; `first` iterations are of the stage before."""
        if path.is_file():
            self._counters, last = state.load(path, trainer.model, trainer.optimizer)
            trainer.done = self._counters.iterations - first
            if is_latest:
                self._folder.mend_log(self._counters.iterations, last)
        elif is_latest and not first:
            self._folder.mend_log(0, {})  # lines of iterations after which nothing was saved

    def _loop(self, trainer: Trainer, path: Path, stage: str, frames: Frames, loss: Any) -> None:
        """The iterations of a stage that are left, or those for which there is time."""
        config, numbers = self._config, list[dict[str, float]]()
        first, began = self._counters.iterations - trainer.done, time.monotonic()
        if not self._has_begun:
            self._listener.began(self._counters.iterations, self._total)
            self._has_begun = True
        before, is_kept = trainer.done, False
        # What is done after the last state is done again: a sitting that was shorter than the way to the next one would never end.
        while trainer.done < trainer.total and (
            time.monotonic() < self._until or (before < trainer.done and not is_kept)
        ):
            rows = rows_of(config.seed, trainer.done, len(frames), config.batch, stage)
            numbers.append(trainer.step(partial(loss, rows=rows)))
            if not (math.isfinite(numbers[-1]["loss"]) and math.isfinite(numbers[-1]["gradient"])):
                raise RunError(
                    f"The loss of iteration {first + trainer.done} or its gradient is NaN or infinite, and so are all weights after it: "
                    f"none are kept. Begin in another folder (--out DIR) with a lower `learning_rate` or a longer `warmup`."
                )
            is_last = trainer.done == trainer.total
            if trainer.done % config.log_every and not is_last:
                continue
            now = time.monotonic()
            seconds = self._counters.seconds + now - began
            self._counters = replace(self._counters, iterations=first + trainer.done, seconds=seconds)
            means = {name: sum(one[name] for one in numbers) / len(numbers) for name in numbers[0]}
            line = {"iteration": first + trainer.done, "stage": stage, **means, "seconds": round(seconds, 1)}
            began, numbers = now, []
            is_saved = is_last or trainer.done % config.save_every == 0
            self._keep(trainer, path, line, is_saved=is_saved)
            is_kept |= is_saved

    def _keep(self, trainer: Trainer, path: Path, line: dict[str, Any], *, is_saved: bool) -> None:
        """The state first, with the line in it, so that a line is in the log once, wherever the process ends."""
        every, done = self._config.evaluation.every, trainer.done
        if every and line["stage"] == "imitation" and (done % every == 0 or done == trainer.total):
            kept = self._folder.kept(line["iteration"])
            self._save_policy(trainer.averaged, kept)
            task, out = task_of(self._config.distribution), self._folder.evaluation(line["iteration"])
            line |= held_out.score(kept, task, self._config.evaluation, out, self._listener.note)
        with writing_to(self._folder.path):
            if is_saved:
                state.save(path, trainer.model, trainer.optimizer, self._counters, line)
            self._folder.append(line)
        self._sinks.write(line)
        self._listener.iterated(line)

    def _save_policy(self, network: CompactNetwork, path: Path) -> None:
        config, card = self._config, self._card
        is_grounded = bool(self._grounding or config.grounding.weight)
        before = card.trained_by if card.trained_by != "nothing" else ""
        card = replace(
            card,
            name=f"{self._folder.path.name}-{self._counters.iterations}",
            trained_by=", ".join(filter(None, [before, "grounding" if self._grounding else "", "sft"])),
            data=", ".join(Path(name).name for name in (*config.demonstrations, *config.takeovers)) or "collected",
            episodes=self._demonstrated,
            privileged_training=(
                "where source and target are in the primary picture, from the simulator"
                if is_grounded
                else card.privileged_training  # of the stages before
            ),
            notes={"seed": config.seed, "iterations": config.iterations, "grounding": self._grounding},
            **checkpoint.OF_A_RELEASE,
        )
        with writing_to(self._folder.path):
            checkpoint.save(path, network, card)


def rows_of(seed: int, iteration: int, count: int, batch: int, what: str) -> np.ndarray:
    """The rows of an iteration: permutations one after the other, each of its own stream, so that resuming changes nothing."""
    per_round = max(1, count // batch)
    round_number, place = divmod(iteration, per_round)
    order = stream(seed, "sft", what, round_number).permutation(count)
    return order[place * batch : (place + 1) * batch]


def _hash(frames: Frames) -> str:
    """Of what is learnt, but the pictures, which would take seconds and are of these states."""
    found = hashlib.sha256()
    for array in (frames.state, frames.tokens, frames.is_label, frames.sentence, frames.points):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def _normalise(trainer: Trainer, frames: Frames) -> None:
    """Sets the mean and the spread of the states; what hardly moves is not blown up."""
    for network in (trainer.network, trainer.averaged):
        network.state_mean.copy_(torch.from_numpy(frames.state.mean(0)))
        network.state_std.copy_(torch.from_numpy(np.maximum(frames.state.std(0), 1e-2)))


def _loss(
    network: CompactNetwork, *, frames: Frames, rows: np.ndarray, config: SftConfig
) -> tuple[Tensor, dict[str, float]]:
    said = network(frames.batch(rows, network.device))
    labels, is_label, points = frames.targets(rows, network.device)
    of_tokens = imitation.token_loss(said.logits, labels, is_label, sigma=config.blur_bins)
    of_places = imitation.place_loss(said.heatmaps, points)
    off = (said.logits.argmax(-1) - labels).abs()[is_label].float()
    numbers = {
        "token_loss": float(of_tokens.detach()),
        "place_loss": float(of_places.detach()),
        "arm_error_bins": float(off[:, :6].mean()),
        "gripper_right": float((off[:, 6] < GRIPPER_BINS).float().mean()),
    }
    return of_tokens + config.grounding.weight * of_places, numbers


def _pointing(network: CompactNetwork, *, stills: Frames, rows: np.ndarray) -> tuple[Tensor, dict[str, float]]:
    said = network(stills.batch(rows, network.device))
    points = stills.targets(rows, network.device)[2]
    side = network.config.cameras[network.config.primary]
    error_px = imitation.place_error_px(said.heatmaps.detach(), points, side)
    return imitation.place_loss(said.heatmaps, points), {
        "source_error_px": float(error_px[:, 0].nanmedian()),
        "target_error_px": float(error_px[:, 1].nanmedian()),
    }
