"""A command in a process of its own: its log, its end in time, and the core time and memory that it took."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vlagen_bench.train.study.folder import Piece

LOOK_S, TELL_S, MEASURE_S = 0.2, 120.0, 10.0
"""seconds between two looks at the process, two lines of its log that are shown, and two measurements of memory, at most"""
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
    remaining_s: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Done:
    """Runs a command to its end, or asks it to end once its time is over; what it says is appended to the log.

    A `KeyboardInterrupt` here ends the command in order first.

    Args:
        words: the command.
        log: its output is appended to this file.
        keep: is told what it took, however it ended.
        remaining_s: after which it is asked to end; None: never.
        say: is told the last line of the log now and then.
    """
    began, start = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    with open(log, "ab") as file:
        file.write(f"{COMMAND}{' '.join(words)}\n".encode())
        file.flush()
        process = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        watch = _Watch(process.pid, log, say)
        try:
            timed_out = _wait(process, watch, None if remaining_s is None else start + remaining_s)
        except BaseException:
            _end(process, watch)
            raise
        finally:
            process.returncode = watch.code  # it was waited for here
            wall_s = round(time.monotonic() - start, 1)
            keep(Piece(began=began, wall_s=wall_s, core_s=round(watch.core_s, 1), peak_bytes=watch.peak_bytes))
    return Done(code=watch.code, timed_out=timed_out)


def tail(log: Path) -> str:
    """The end of what the last command said."""
    said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return said.rpartition(COMMAND)[2][-TAIL:].strip()


class _Watch:
    """Looks at a process now and then, and takes leave of it once it has ended."""

    def __init__(self, pid: int, log: Path, say: Callable[[str], None]) -> None:
        self._pid, self._log, self._say = pid, log, say
        self._began = self._told = self._measured = time.monotonic()
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
        if now - self._measured >= min(MEASURE_S, (now - self._began) / 4):  # more often while it grows
            self._measured, self.peak_bytes = now, max(self.peak_bytes, memory_bytes(self._pid))
        if now - self._told >= TELL_S:
            self._told = now
            if lines := tail(self._log).splitlines():
                self._say(f"   {lines[-1]}")
        return False


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


def memory_bytes(session: int) -> int:
    """Memory of all processes of a session, shared pages counted once; 0 where the system does not say."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            for line in (folder / "smaps_rollup").read_text(encoding="utf-8").splitlines():
                if line.startswith("Pss:"):
                    total += 1024 * int(line.split()[1])
    return total
