"""The soak test: kills and resumes a run again and again, and compares it with an uninterrupted one."""

import os
import random
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.runs import episodes

WORKER = b"spawn_main"
"""in the command line of a process that multiprocessing spawned"""
POLL_S = 0.05
"""how often it is looked whether there are workers"""


@dataclass(frozen=True, kw_only=True)
class SoakResult:
    """What a soak did."""

    driver_kills: int
    worker_kills: int
    rounds: int
    """runs that were begun, killed, resumed and brought to their end"""
    episodes: int
    """of each run"""
    unequal: tuple[str, ...]
    """episodes whose record, actions or states differ from those of the whole run, or that are missing or too many"""


def soak(
    command: Callable[[Path], Sequence[str]],
    place: Path,
    *,
    kills: int,
    longest_s: float,
    seed: int = 0,
    say: Callable[[str], Any] = print,
) -> SoakResult:
    """Kills a run, its driver or a worker, at random moments, and resumes it, until it has been killed often enough.

    A run that gets to its end before that is compared, and another is begun.

    Args:
        command: run folder -> the command that begins or resumes a run there; it has to end with code 0.
        place: where the run folders are made.
        kills: how many.
        longest_s: the longest time between the start of a victim, or the kill before, and its kill; it is drawn at random.
        seed: of the moments and the victims.
        say: receives a line per round.

    Raises:
        RunError: the command fails without being killed.
    """
    rng = random.Random(seed)
    whole = place / "whole"
    _finish(subprocess.Popen(command(whole), stdout=subprocess.DEVNULL), command(whole))
    expected = recorded(whole)
    victims: list[str] = []
    unequal: set[str] = set()
    rounds = 0
    while len(victims) < kills:
        rounds += 1
        path = place / f"killed-{rounds}"
        while _interrupted(command(path), victims, kills, longest_s, rng):
            pass
        results = recorded(path)
        differing = {key for key in expected.keys() | results.keys() if expected.get(key) != results.get(key)}
        unequal |= differing
        say(
            f"Run {rounds}: {len(victims)} of {kills} kills so far, {len(differing)} episodes are not as they should be."
        )
    return SoakResult(
        driver_kills=victims.count("driver"),
        worker_kills=victims.count("worker"),
        rounds=rounds,
        episodes=len(expected),
        unequal=tuple(sorted(unequal)),
    )


def recorded(path: Path) -> dict[str, Any]:
    """Id -> all that a run says of an episode, but for times and restarts of lost workers, which differ."""
    records = {}
    for take in episodes.of_run(path):
        rest = {name: value for name, value in take.record.to_dict().items() if name not in ("timings", "restarts")}
        records[take.episode.id] = (rest, take.actions.tobytes(), take.state_hashes)
    return records


def _interrupted(command: Sequence[str], victims: list[str], kills: int, longest_s: float, rng: random.Random) -> bool:
    """Runs the command, and kills; whether it was its driver that was killed, so that it has to be resumed."""
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while len(victims) < kills:
            victim = rng.choice(("driver", "worker"))
            pid = _at_a_moment(driver, victim, rng.uniform(0.0, longest_s))
            if pid is None:
                break
            victims.append(victim)
            _kill(pid)
            if victim == "driver":
                driver.wait()
                return True
        _finish(driver, command)
        return False
    finally:
        driver.kill()
        driver.wait()


def _at_a_moment(driver: subprocess.Popen[bytes], victim: str, wait_s: float) -> int | None:
    """The process to be killed, after this time; of a worker it is counted from when there are any. None: it ended."""
    while not (workers := _workers(driver.pid)) and victim == "worker":  # starting may take long where others compute
        if _ended(driver, POLL_S):
            return None
    if _ended(driver, wait_s):
        return None
    if victim == "driver":
        return driver.pid
    # Those that ended by themselves meanwhile were replaced, or will be.
    return random.Random(wait_s).choice(_workers(driver.pid) or workers)


def _ended(driver: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Whether it ends within this time."""
    try:
        driver.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _finish(driver: subprocess.Popen[bytes], command: Sequence[str]) -> None:
    if code := driver.wait():
        raise RunError(f"The run ended with exit code {code} though nobody killed it: {' '.join(command)}")


def _workers(driver: int) -> list[int]:
    """Children of a process that multiprocessing spawned for work."""
    try:
        tasks = list(Path(f"/proc/{driver}/task").iterdir())
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        return sorted(pid for pid in children if WORKER in Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return []


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself just now
        os.kill(pid, signal.SIGKILL)
