"""The sandbox in which submissions are simulated again."""

from pathlib import Path

import pytest

from helpers.submissions import members
from vlagen_bench.leaderboard import archive, submission
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.sandbox import Sandbox

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


@pytest.mark.slow
def test_the_sandbox_has_no_network_and_cannot_write(tmp_path):
    import subprocess
    import sys

    script = (
        "import resource, socket, sys; from vlagen_bench.leaderboard import sandbox_child as inmate\n"
        "cut = inmate.without_network(); inmate.limit(60, 8 << 30, 64)\n"
        "try: open(sys.argv[1], 'w').write('x' * 9999); print('wrote')\n"
        "except OSError: print('no file')\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[2])), 2); print('connected')\n"
        "except OSError: print('no network' if cut else 'open')\n"
        "try: bytearray(9 << 30); print('took memory')\n"
        "except MemoryError: print('no memory')\n"
    )
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", script, str(tmp_path / "file"), str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "no file" and "took memory" not in done.stdout
    assert done.stdout.split("\n")[1] in ("no network", "open")  # open: this kernel allows no namespaces
    assert Path(tmp_path / "file").stat().st_size == 0


@pytest.mark.slow
def test_a_simulator_that_hangs_or_dies_is_a_sentence(monkeypatch):
    from vlagen_bench.leaderboard import limits

    read = submission.read(archive.pack(members()))
    monkeypatch.setattr(limits, "SANDBOX_START_S", 0)
    monkeypatch.setattr(limits, "SANDBOX_EPISODE_S", 0)
    with pytest.raises(Refused, match="cannot be re-simulated: the simulator was stopped"):
        list(Sandbox()(read.task, read.takes[:1]))
    monkeypatch.setattr(limits, "SANDBOX_EPISODE_S", 30)
    monkeypatch.setattr(limits, "SANDBOX_MEMORY_BYTES", 200 << 20)
    with pytest.raises(Refused, match=r"cannot be re-simulated: the simulator (ended|died|was)"):
        list(Sandbox()(read.task, read.takes[:1]))


@pytest.mark.slow
def test_the_sandbox_ends_with_its_reader(monkeypatch):
    import subprocess

    children = []

    class Seen(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    read = submission.read(archive.pack(members()))
    played = Sandbox()(read.task, read.takes)
    assert next(played).exact
    played.close()  # as after a refusal, with episodes left to be played
    assert [child.returncode is None for child in children] == [False]
