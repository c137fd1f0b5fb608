"""Signals that come while a command is ending already."""

import os
import signal
import subprocess
import sys

import pytest

from vlagen_bench.utils.signals import Terminated, deaf, end_in_order

PROGRAM = """
import atexit, os, signal
from vlagen_bench.cli.common import exit_with
from vlagen_bench.utils.signals import Terminated, end_in_order

atexit.register(print, "left in order", flush=True)
atexit.register(lambda: os.kill(os.getpid(), signal.{number}))  # while the interpreter takes itself down

def command():
    {ends}

end_in_order()
exit_with(command)
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("ends", "code", "says"),
    [
        ("return 0", 0, ""),
        ("raise Terminated", 143, "Ended by SIGTERM.\n"),
        ("raise KeyboardInterrupt", 130, "Interrupted.\n"),
    ],
)
def test_a_second_signal_ends_a_command_that_is_ending_without_a_traceback(number, ends, code, says):
    program = PROGRAM.format(number=number, ends=ends)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (code, "left in order\n" + says)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_last_sentence_is_not_interrupted(number):
    before = signal.getsignal(signal.SIGTERM)
    try:
        end_in_order()
        with deaf():
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt) as raised:
            os.kill(os.getpid(), number)
        assert raised.type is (Terminated if number == signal.SIGTERM else KeyboardInterrupt)
    finally:
        signal.signal(signal.SIGTERM, before)
