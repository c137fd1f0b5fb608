"""The parent of a run: it tells how the process ended, whatever ended it, and passes signals on once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.fakes import wait_for

pytestmark = pytest.mark.slow  # waits for processes, servers or browsers

RUN = """
import ctypes, os, signal, sys, threading, time
from vlagen_bench.cli import eval
def evaluate(args):
    print("begun", os.getpid(), flush=True)
    {body}
eval.evaluate = evaluate
sys.argv = ["vlagen-eval", "--policy", "noop", "--out", "a b"]
eval.main()
"""
COUNTING = """
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append("int"))
    signal.signal(signal.SIGTERM, lambda *_: heard.append("term"))
    print("ready", flush=True)
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        time.sleep(0.05)
    print(*heard, flush=True)
    return 0
"""


def run(body, **options):
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ("os._exit(0)", 1, "ended with exit code 0"),
        ("os._exit(7)", 1, "ended with exit code 7"),
        ("ctypes.CDLL(None)._exit(0)", 1, "ended with exit code 0"),
        ("ctypes.CDLL(None).exit(0)", 1, "ended with exit code 0"),
        ("os.execv('/bin/true', ['true'])", 1, "ended with exit code 0"),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, "was killed by SIGKILL"),
        ("ctypes.string_at(0)", 139, "was killed by SIGSEGV"),
    ],
)
def test_an_end_that_nobody_announced_is_told_with_the_command_that_goes_on(body, code, says):
    process = run(body)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert says in errors and "to go on: vlagen-eval --policy noop --out 'a b'." in errors and "--isolate" in errors


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return 0", 0),
        ("return 1", 1),
        ("sys.exit(0)", 0),
        ("sys.exit('no')", 1),
        ("threading.Thread(target=time.sleep, args=[600]).start(); return 0", 0),
        ("raise RuntimeError('a bug')", 1),
        ("import atexit; atexit.register(os._exit, 9); return 0", 0),
    ],
)
def test_an_end_that_was_announced_is_the_command_s_own(body, code):
    process = run(body)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code and "before the run was over" not in errors
    assert ("a bug" in errors) == ("a bug" in body)


@pytest.mark.parametrize(
    ("number", "word", "to_group"),
    [
        (signal.SIGINT, "int", False),
        (signal.SIGINT, "int", True),
        (signal.SIGTERM, "term", False),
        (signal.SIGTERM, "term", True),
    ],
)
def test_a_signal_is_heard_once(number, word, to_group):
    process = run(COUNTING.format(seconds=3), start_new_session=True)
    assert process.stdout.readline().startswith("begun") and process.stdout.readline() == "ready\n"
    (os.killpg if to_group else os.kill)(process.pid, number)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (0, f"{word}\n", "")


def test_interruption_is_an_end_of_its_own():
    process = run("time.sleep(60)")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "Interrupted.\n") and process.returncode == 130


def test_a_run_that_was_started_deaf_to_ctrl_c_ends_on_sigterm():
    process = run("time.sleep(60)", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[1] == "Ended by SIGTERM.\n" and process.returncode == 143


def test_the_run_ends_with_its_parent():
    process = run("time.sleep(600)")
    pid = int(process.stdout.readline().split()[1])
    assert pid != process.pid
    process.kill()
    process.wait()
    process.communicate()
    wait_for(
        lambda: not Path(f"/proc/{pid}").exists() or "(zombie)" in Path(f"/proc/{pid}/status").read_text(), limit_s=10
    )


def test_the_terminal_is_that_of_the_run():
    """A pseudo-terminal: Ctrl-C reaches the run once, and the parent says nothing."""
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(body=COUNTING.format(seconds=2))],
        stdin=follower, stdout=follower, stderr=follower, preexec_fn=lambda: (os.setsid(), _control(follower)),
    )  # fmt: skip
    os.close(follower)
    seen = b""
    while b"ready" not in seen:
        seen += os.read(leader, 1000)
    os.write(leader, b"\x03")
    process.wait(60)
    seen += os.read(leader, 1000)
    assert process.returncode == 0 and seen.count(b"int") == 1


def _control(follower):
    import fcntl
    import termios

    fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
