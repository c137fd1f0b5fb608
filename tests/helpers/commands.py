"""The installed commands, called as a user calls them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


def call(*words, cwd, **env):
    command = [str(BIN / words[0]), *map(str, words[1:])]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **env}, timeout=300)


def deaf_to_ctrl_c():
    """As `preexec_fn`: the command begins as a background job of a shell does, with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
