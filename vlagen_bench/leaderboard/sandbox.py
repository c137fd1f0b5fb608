"""The sandbox: re-simulates a stranger's actions in limited processes, which exchange only numbers."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.replay import ReplayComparison, Resimulation, compare
from vlagen_bench.leaderboard import limits
from vlagen_bench.leaderboard.codec import actions_to_bytes
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.untrusted_json import parse, shown
from vlagen_bench.runs.episodes import RecordedEpisode
from vlagen_bench.scenes import specs
from vlagen_bench.types import Task
from vlagen_bench.utils import paths, plugins
from vlagen_bench.utils.parsing import build


class Sandbox:
    """Re-simulates takes as they are asked for; each process of it plays some, and is gone."""

    network: str | None = None
    """`none` or `open` to its processes; None before the first"""

    def __call__(self, task: Task, takes: Sequence[RecordedEpisode]) -> Iterator[ReplayComparison]:
        """Each take beside its repetition, in order; raises `Refused` if one cannot be re-simulated within the limits."""
        _make_robot_files(task)
        for start in range(0, len(takes), limits.SANDBOX_EPISODES):
            some = takes[start : start + limits.SANDBOX_EPISODES]
            yield from map(compare, some, self._played(task, some))

    def _played(self, task: Task, takes: Sequence[RecordedEpisode]) -> Iterator[Resimulation]:
        seconds = limits.SANDBOX_START_S + limits.SANDBOX_EPISODE_S * len(takes)
        with _process(_job(task, takes), seconds) as child:
            self.network = (_answer(child) or {}).get("network")
            for take in takes:
                answer = _answer(child)
                if answer is None:
                    raise Refused(
                        f"The episode {take.episode.id} ({take.episode.condition} {take.episode.index}) cannot be "
                        f"re-simulated: the simulator {_ending(child.wait(), seconds)}. Its actions are float32 numbers, as they "
                        f"were recorded, and no such number may break it."
                    )
                yield _again(answer, take)


def _make_robot_files(task: Task) -> None:
    """Makes what the sandbox could not write: the robot's simplified files, in the cache."""
    from vlagen_bench.sim.robot_files import urdf_path

    scene = specs.of_task(task)
    urdf_path(scene.robot, scene.pack)


def _job(task: Task, takes: Sequence[RecordedEpisode]) -> bytes:
    job = {
        "task": task.ref,
        "episodes": [take.episode.to_dict() for take in takes],
        "action_dim": specs.of_task(task).robot.action_dim,
        "steps": [len(take.actions) for take in takes],
    }
    return json.dumps(job).encode() + b"\n" + actions_to_bytes([take.actions for take in takes])


@contextlib.contextmanager
def _process(job: bytes, seconds: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has the job; it is killed after so many seconds, and in the end."""
    command = [sys.executable, "-I", "-B", "-m", "vlagen_bench.leaderboard.sandbox_child"]
    command += [str(number) for number in (seconds, limits.SANDBOX_MEMORY_BYTES, limits.SANDBOX_FILES)]
    with (
        tempfile.TemporaryDirectory(prefix="vlagen-sandbox-") as home,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=home,
            env=_environment(home), start_new_session=True,
        ) as child,
    ):  # fmt: skip
        timer = threading.Timer(seconds, child.kill)
        feeder = threading.Thread(target=_feed, args=(child.stdin, job), daemon=True)
        timer.start()
        feeder.start()
        try:
            yield child
        finally:
            timer.cancel()
            child.kill()
            feeder.join()


def _answer(child: subprocess.Popen[bytes]) -> Any:
    """The next line of its output, as it comes; None if it has ended."""
    assert child.stdout is not None, "a pipe, as asked for"
    line = child.stdout.readline(limits.SANDBOX_OUTPUT_BYTES + 1)
    if len(line) <= limits.SANDBOX_OUTPUT_BYTES and not line.endswith(b"\n"):
        return None
    return parse(line, "The sandbox's answer", limits.SANDBOX_OUTPUT_BYTES)


def _environment(home: str) -> dict[str, str]:
    """Nothing of the maintainer's but where Python, the assets and what was included are."""
    included = {plugins.VARIABLE: os.environ[plugins.VARIABLE]} if plugins.VARIABLE in os.environ else {}
    return {
        **included,
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "VLAGEN_ASSETS": str(paths.installed_assets_dir()),
        "VLAGEN_CACHE": str(paths.cache_dir()),
    }


def _feed(pipe: Any, job: bytes) -> None:
    with contextlib.suppress(OSError), pipe:
        pipe.write(job)


def _again(answer: Any, take: RecordedEpisode) -> Resimulation:
    if not isinstance(answer, dict) or answer.pop("id", None) != take.episode.id:
        raise Refused(f"The sandbox did not answer about the episode {take.episode.id}, but: {shown(str(answer))}.")
    try:
        return build(Resimulation, answer, "The sandbox's answer")
    except ConfigError as error:
        raise Refused(shown(str(error), 400)) from None


def _ending(code: int, seconds: int) -> str:
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return f"was stopped: it took more than {seconds} s, or more memory than there is"
    if code < 0:
        return f"died by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
