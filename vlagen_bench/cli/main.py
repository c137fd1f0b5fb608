"""`vlagen`: the app of all commands except scoring."""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tyro.extras import SubcommandApp

from vlagen_bench.cli import adapter, bench, commands, hidden_split, leaderboard, study
from vlagen_bench.cli.calibrate import calibrate
from vlagen_bench.cli.check_statistics import check_statistics
from vlagen_bench.cli.collect import check_demonstrations, collect
from vlagen_bench.cli.common import exit_with, version
from vlagen_bench.cli.compare import compare
from vlagen_bench.cli.listing import list_all
from vlagen_bench.cli.power import power
from vlagen_bench.cli.render import render
from vlagen_bench.cli.replay import replay
from vlagen_bench.cli.report import report
from vlagen_bench.cli.scale import bench_scale
from vlagen_bench.cli.serve import serve
from vlagen_bench.cli.words import ALWAYS, check, parsed
from vlagen_bench.errors import ConfigError, unknown


@dataclass(frozen=True, kw_only=True)
class Group:
    """Commands of two words, `vlagen bench env`."""

    help: str
    commands: Mapping[str, "Callable[..., Any] | Group"]


COMMANDS: dict[str, Callable[..., Any] | Group] = {
    "list": list_all,
    "plan": commands.plan,
    "doctor": commands.doctor,
    "assets": Group(
        help="Install, check or rebuild asset packs.",
        commands={"install": commands.install, "check": commands.check, "build": commands.build},
    ),
    "adapter": Group(
        help="List the adapters of other libraries' models, and check one before a run.",
        commands={"list": adapter.listing, "check": adapter.check},
    ),
    "validate": commands.validate,
    "render": render,
    "certify": commands.certify,
    "calibrate": calibrate,
    "collect": collect,
    "check-demonstrations": check_demonstrations,
    "report": report,
    "compare": compare,
    "power": power,
    "check-statistics": check_statistics,
    "serve": serve,
    "bench": Group(
        help="Measure speed and memory here.",
        commands={
            "env": commands.bench_env, "scale": bench_scale, "eval": bench.evaluation, "soak": bench.soak,
        },
    ),
    "replay": replay,
    "study": Group(
        help="Plan, run and report the study of reinforcement learning against supervised fine-tuning.",
        commands={"plan": study.plan, "run": study.run, "report": study.report},
    ),
    "leaderboard": Group(
        help="Submit a run, verify a submission, build the site.",
        commands={
            "card": leaderboard.card, "submit": leaderboard.submit, "verify": leaderboard.verify,
            "commit": hidden_split.commit, "pledge": hidden_split.pledge, "reveal": hidden_split.reveal,
            "build": leaderboard.build,
        },
    ),
}  # fmt: skip


def make_app(known: Mapping[str, Callable[..., Any] | Group] = COMMANDS) -> SubcommandApp:
    """The parser of these commands."""
    app = SubcommandApp()
    for name, command in known.items():
        if isinstance(command, Group):
            app.command(make_app(command.commands), name=name, help=command.help)
        else:
            app.command(name=name)(_later(command))
    return app


def _later(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with its parsed words, to be called once parsing, whose errors are caught, is over."""

    @functools.wraps(command)
    def bound(*args: Any, **kwargs: Any) -> Callable[[], Any]:
        return functools.partial(command, *args, **kwargs)

    return bound


def check_words(
    words: Sequence[str], known: Mapping[str, Callable[..., Any] | Group] = COMMANDS, of: str = "vlagen"
) -> str:
    """The name of the command that they begin with.

    Raises `ConfigError` if they do not begin with a command, or go on with options that it does not have.
    """
    if not words or words[0].startswith("-"):
        others = [word for word in words if word not in ALWAYS]
        if not words or others:
            asked = f"no option '{others[0]}' before its command" if others else "to be told which command"
            raise ConfigError(
                f"{of} {'has' if others else 'needs'} {asked}: {', '.join(known)}. What they do: {of} --help"
            )
        return of
    if words[0] not in known:
        score = " To score a policy: vlagen-eval --help" if words[0] == "eval" else ""
        raise ConfigError(unknown(f"{of} command", words[0], known) + score)
    command = known[words[0]]
    if isinstance(command, Group):
        return check_words(words[1:], command.commands, f"{of} {words[0]}")
    check(words[1:], command, f"{of} {words[0]}")
    return f"{of} {words[0]}"


def main() -> None:
    """Entry point."""
    exit_with(_run)


def _run() -> int | None:
    words = sys.argv[1:]
    if words == ["--version"]:
        print(version())
        return None
    called = check_words(words)
    about = (
        "Everything except scoring a policy, which `vlagen-eval` does. `vlagen --version` says which release this is."
    )
    command = parsed(lambda: make_app().cli(prog="vlagen", description=about), called)
    return command()
