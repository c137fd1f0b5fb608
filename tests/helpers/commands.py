"""The installed commands, called as a user calls them, or in this process."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import outside

BIN = Path(sys.executable).parent


def call(*words, cwd, **env):
    command = [str(BIN / words[0]), *map(str, words[1:])]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **env}, timeout=300)


def ended(command, *words):
    """The exit code of a command's function, which is called with these words in this process."""
    with pytest.raises(SystemExit) as end, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, words)))
        command()
    return int(end.value.code or 0)


def here(*words, cwd):
    """As `call`, but in this process: it has imported everything and has its shaders, which take a process of its own seconds.

    What the command includes is forgotten afterwards.
    """
    from vlagen_bench.cli import eval as evaluation
    from vlagen_bench.cli import main
    from vlagen_bench.plan import catalog

    command = {"vlagen-eval": evaluation.command, "vlagen": main.main}[words[0]]
    said, complained = io.StringIO(), io.StringIO()
    with outside.forgotten(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            code = ended(command, *words)
    catalog.suite.cache_clear()  # suites are kept by name, whatever was included
    return subprocess.CompletedProcess(words, code, said.getvalue(), complained.getvalue())


def deaf_to_ctrl_c():
    """As `preexec_fn`: the command begins as a background job of a shell does, with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
