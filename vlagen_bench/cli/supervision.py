"""The supervision of a command: a small parent that tells how its process ended, also where no Python code could.

A policy of this process may end it: `os._exit(0)`, an exit of a C library, a crash. Nothing inside can say so then, and exit
code 0 would look like a complete run. The parent is forked before anything is loaded, waits, and passes signals on.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from vlagen_bench.cli.common import INCOMPLETE, INTERRUPTED
from vlagen_bench.utils.console import complain
from vlagen_bench.utils.processes import end_with_the_parent, ending

PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
SI_KERNEL = 0x80  # asm-generic/siginfo.h: of a terminal, which tells all processes of the group
HEARD_S = 0.1
"""after which a signal to the whole group has surely reached the other process, too"""
ENDED = b"\xff"
"""what the process says before its exit code, as it ends in its own way; other bytes are signals that it heard"""


def supervised(command: Callable[[], NoReturn], again: Callable[[], str]) -> NoReturn:
    """Runs a command in a process of its own, and ends as it ended.

    That process is of the same group, so that the terminal is the command's: its Ctrl-C, its input, its width. It ends with this
    one, however this one ends.

    Args:
        command: ends with `SystemExit`, or another exception.
        again: the command line that goes on with the run.
    """
    heard, says = os.pipe()
    os.set_blocking(heard, False)
    os.set_blocking(says, False)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it was ignored, nobody would learn how a process ended
    parent, mask = os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, {*PASSED_ON, signal.SIGCHLD})
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        end_with_the_parent()
        if os.getppid() != parent:
            os._exit(INTERRUPTED)
        # Each signal is told to the parent as it comes, which passes on only what did not come here by itself.
        signal.set_wakeup_fd(says, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _said_at_the_end(command, says)
    os.close(says)
    status, said = _watched(pid, heard)
    if ENDED in said:
        code = said[said.rindex(ENDED) + 1]
    else:
        death = os.waitstatus_to_exitcode(status)
        complain(
            f"error: The process of the run {ending(death)} before the run was over, as it does where the policy ends or crashes "
            f"it. All episodes that ended are kept; to go on: {again()}. If it happens again, add --isolate: then it is an "
            f"error of one episode."
        )
        code = 128 - death if death < 0 else INCOMPLETE
    os._exit(code)  # nothing is left to be done here


def _said_at_the_end(command: Callable[[], NoReturn], says: int) -> NoReturn:
    """Runs it, and says its exit code to the parent before Python ends, which some libraries do not survive."""
    try:
        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        _say(says, code)
        _leave_threads_behind(code)
        raise
    except BaseException:
        _say(says, 1)
        raise


def _say(says: int, code: int) -> None:
    with suppress(OSError):
        os.write(says, ENDED + bytes([code & 0xFF]))


def _leave_threads_behind(code: int) -> None:
    """Ends the process if a policy left threads that Python would wait for, perhaps without end."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)


def _watched(pid: int, heard: int) -> tuple[int, bytes]:
    """Waits for the process; passes on the signals that came to this one alone. Its status, and what it said."""
    said = b""
    while True:
        came = signal.sigwaitinfo({*PASSED_ON, signal.SIGCHLD})
        if came.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status, said + _read(heard)
        else:
            time.sleep(HEARD_S)
            news = _read(heard)
            said += news
            if came.si_code != SI_KERNEL and came.si_signo not in news:
                with suppress(ProcessLookupError):
                    os.kill(pid, came.si_signo)


def _read(heard: int) -> bytes:
    with suppress(BlockingIOError):
        return os.read(heard, 2**16)
    return b""
