"""A command in a process of its own: its log, its end in time, and the core time and memory that it took."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from vlagen_bench.train.study.folder import Piece
from vlagen_bench.utils.processes import end_with_the_parent

LOOK_S, TELL_S, MEASURE_S = 0.2, 120.0, 10.0
"""seconds between two looks at the process, two lines of its log that are shown, and two measurements of what it took, at most"""
GRACE_S = 180.0
"""from SIGTERM, at which every command ends in order, to SIGKILL"""
COMMAND = "\n$ "
"""what stands before a command in its log"""
TAIL = 2000
"""letters of the log that an error shows"""


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    """negative: by this signal"""
    timed_out: bool


def run(
    words: Sequence[str],
    log: Path,
    *,
    keep: Callable[[Piece], None],
    note: Callable[[Piece], None] = lambda piece: None,
    remaining_s: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Done:
    """Runs a command to its end, or asks it to end once its time is over; what it says is appended to the log.

    A `KeyboardInterrupt` here ends the command in order first, and so does the end of this process by whatever signal.

    Args:
        words: the command.
        log: its output is appended to this file.
        keep: is told what it took, however it ended.
        note: is told now and then what it took so far.
        remaining_s: after which it is asked to end; None: never.
        say: is told the last line of the log now and then.
    """
    with open(log, "ab") as file:
        file.write(f"{COMMAND}{' '.join(words)}\n".encode())
        file.flush()
        process = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=partial(end_with_the_parent, signal.SIGTERM),
        )  # fmt: skip
        watch = _Watch(process.pid, log, say, note)
        try:
            timed_out = _wait(process, watch, None if remaining_s is None else watch.began + remaining_s)
        except BaseException:
            _end(process, watch)
            raise
        finally:
            process.returncode = watch.code  # it was waited for here
            keep(watch.piece())
    return Done(code=watch.code, timed_out=timed_out)


def tail(log: Path) -> str:
    """The end of what the last command said."""
    said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return said.rpartition(COMMAND)[2][-TAIL:].strip()


class _Watch:
    """Looks at a process now and then, and takes leave of it once it has ended."""

    def __init__(self, pid: int, log: Path, say: Callable[[str], None], note: Callable[[Piece], None]) -> None:
        self._pid, self._log, self._say, self._note = pid, log, say, note
        self._clock = datetime.now(UTC).isoformat(timespec="seconds")
        self.began = self._told = self._measured = time.monotonic()
        self.peak_bytes, self.core_s, self.code = 0, 0.0, 0
        self.ended = False

    def look(self) -> bool:
        """Whether it has ended."""
        if self.ended:
            return True
        pid, status, used = os.wait4(self._pid, os.WNOHANG)
        if pid:
            self.ended, self.code = True, os.waitstatus_to_exitcode(status)
            self.core_s = used.ru_utime + used.ru_stime
            return True
        now = time.monotonic()
        if now - self._measured >= min(MEASURE_S, (now - self.began) / 4):  # more often while it grows
            held_bytes, self.core_s = usage(self._pid)
            self._measured, self.peak_bytes = now, max(self.peak_bytes, held_bytes)
            self._note(self.piece())
        if now - self._told >= TELL_S:
            self._told = now
            if lines := tail(self._log).splitlines():
                self._say(f"   {lines[-1]}")
        return False

    def piece(self) -> Piece:
        """What the sitting took so far."""
        wall_s = round(time.monotonic() - self.began, 1)
        return Piece(began=self._clock, wall_s=wall_s, core_s=round(self.core_s, 1), peak_bytes=self.peak_bytes)


def _wait(process: "subprocess.Popen[bytes]", watch: _Watch, until: float | None) -> bool:
    """Waits for the end; whether it was the time that brought it."""
    while not watch.look():
        if until is not None and time.monotonic() >= until:
            _end(process, watch)
            return True
        time.sleep(LOOK_S)
    return False


def _end(process: "subprocess.Popen[bytes]", watch: _Watch) -> None:
    """Asks the command to end, and ends its session if it does not."""
    last = time.monotonic() + GRACE_S
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    while not watch.look():
        if time.monotonic() >= last:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(LOOK_S)


def usage(session: int) -> tuple[int, float]:
    """Memory in bytes, shared pages counted once, and core seconds of all processes of a session; 0 where the system does not say."""
    total, ticks = 0, 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            ticks += sum(map(int, fields[11:15]))  # in user and in system mode, its own and those of ended children
            for line in (folder / "smaps_rollup").read_text(encoding="utf-8").splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
    return total, ticks / os.sysconf("SC_CLK_TCK")
