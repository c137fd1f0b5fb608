"""`vlagen-train`: trains a policy, by imitation or by reinforcement learning."""

import dataclasses
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import tyro

from vlagen_bench.cli.common import INCOMPLETE, OK, console, exit_with, say, version
from vlagen_bench.cli.main import check_words, make_app
from vlagen_bench.cli.release import card, release
from vlagen_bench.cli.words import parsed
from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.signals import end_in_order

if TYPE_CHECKING:
    from vlagen_bench.train.listener import Trained

Config = TypeVar("Config")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Which run, and how much of it."""

    config: Annotated[str, tyro.conf.arg(metavar="NAME|FILE")]
    """A shipped configuration, toy or tabletop, or a YAML file."""
    out: Path | None = None
    """The folder of the run; default: runs/<algorithm>-<config>-seed<seed>. A run that is there already goes on."""
    start: Path | None = None
    """The checkpoint to begin with, in place of the configuration's."""
    seed: int | None = None
    """In place of the configuration's."""
    iterations: int | None = None
    """In place of the configuration's; a run that is done goes on if there are more. In sft the learning rate falls over all of them."""
    minutes: float | None = None
    """After these no further iteration begins, so that the run can go on later."""
    log: Annotated[tuple[str, ...], tyro.conf.arg(metavar="tensorboard | wandb:PROJECT ...")] = ()
    """Where to log as well."""

    def __post_init__(self) -> None:
        if self.minutes is not None and not self.minutes > 0:
            raise ConfigError(f"--minutes {self.minutes}: give more than 0.")


Which = Annotated[RunOptions, tyro.conf.arg(name="")]


def ppo(which: Which) -> int:
    """Proximal policy optimisation: a clipped policy gradient with a value head.

    Repeating a command goes on with its run, as if it had not been interrupted.

    Args:
        which: the run.
    """
    return _reinforce("ppo", which)


def grpo(which: Which) -> int:
    """Group relative policy optimisation: rollouts of the same episode are each other's baseline.

    Repeating a command goes on with its run, as if it had not been interrupted.

    Args:
        which: the run.
    """
    return _reinforce("grpo", which)


def dpo(which: Which) -> int:
    """Direct preference optimisation: better rollouts become more likely than worse ones of the same episode.

    Repeating a command goes on with its run, as if it had not been interrupted.

    Args:
        which: the run.
    """
    return _reinforce("dpo", which)


def sft(which: Which) -> int:
    """Supervised fine-tuning: imitation of demonstrations, after a stage that learns where things are.

    Repeating a command goes on with its run, as if it had not been interrupted.

    Args:
        which: the run.
    """
    from vlagen_bench.train import sft as imitation
    from vlagen_bench.train.sft_config import SftConfig

    return _trained("sft", which, _config(SftConfig, "sft", which), imitation.run)


COMMANDS: dict[str, Callable[..., Any]] = {
    "sft": sft,
    "ppo": ppo,
    "grpo": grpo,
    "dpo": dpo,
    "release": release,
    "card": card,
}


def main() -> None:
    """Entry point."""
    end_in_order()
    exit_with(_run)


def _run() -> int:
    words = sys.argv[1:]
    if words == ["--version"]:
        print(version())
        return OK
    called = check_words(words, COMMANDS, "vlagen-train")
    about = "Trains the compact policy, or by reinforcement learning one of your own. A command that is repeated goes on with its run."
    code: int = parsed(lambda: make_app(COMMANDS).cli(prog="vlagen-train", description=about), called)()
    return code


def _reinforce(algorithm: str, which: RunOptions) -> int:
    from vlagen_bench.train import loop
    from vlagen_bench.train.algorithms import ALGORITHMS

    kind, _ = ALGORITHMS[algorithm]
    return _trained(algorithm, which, _config(kind, algorithm, which), partial(loop.run, algorithm))


def _config(kind: type[Config], algorithm: str, which: RunOptions) -> Config:
    """The configuration, with what the options put in its place."""
    from vlagen_bench.train import config as configs

    read = configs.read(kind, algorithm, which.config)
    given = {"seed": which.seed, "iterations": which.iterations, "log": which.log or None}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if which.start is not None:
        changes |= {"start": str(which.start), "network": None}
    return dataclasses.replace(read, **changes)  # type: ignore[type-var]  # all of them are dataclasses


def _trained(algorithm: str, which: RunOptions, config: Any, run: "Callable[..., Trained]") -> int:
    """Runs it, and says what there is then."""
    from vlagen_bench.train.display import TrainDisplay

    folder = which.out or Path("runs") / f"{algorithm}-{Path(which.config).stem}-seed{config.seed}"
    with TrainDisplay(console()) as display:
        trained = run(config, folder, listener=display, minutes=which.minutes)
    if not trained.complete:
        say(f"{trained.iterations} of {config.iterations} iterations are done. To go on: {_again()}")
    if trained.policy.is_file():  # imitation writes it at its end
        say(f"Policy: {trained.policy}")
    if trained.complete and trained.is_compact:
        _write_card(trained.policy)
    return OK if trained.complete else INCOMPLETE


def _write_card(policy: Path) -> None:
    """Writes what is known for a leaderboard's card beside a policy; one that somebody may have filled in is left alone."""
    from vlagen_bench.leaderboard import card as entries
    from vlagen_bench.policies.compact import checkpoint
    from vlagen_bench.utils.locations import sha256

    path = policy.with_name("card.yaml")
    if path.is_file():
        return
    network, trained = checkpoint.load(policy)
    known = {
        "model": f"compact, {network.parameters_m():.1f} M parameters, trained by {trained.trained_by}",
        "training_data": f"{trained.episodes} demonstrations of the training split, {trained.rl_steps} control steps of RL",
        "benchmark_seen": "train split",
        "decoding": "greedy",
        "weights_sha256": sha256(policy),
    }
    path.write_text(entries.template(known), encoding="utf-8")
    say(f"Card for a leaderboard, to fill in: {path}")


def _again() -> str:
    return shlex.join(["vlagen-train", *sys.argv[1:]])
