"""Installs by download that are interrupted, damaged, or run twice at once."""

import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from helpers.fake_pack import MESH, PHOTO, STAND_IN, bring
from helpers.fakes import wait_for
from helpers.faulty_server import HALF, QUICK, assert_installed, get, hanging
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import install


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(home, kept, server):
    """A real write that fails for want of space: the file that grows is the device that never has any."""
    (kept / "objects" / "red cup").mkdir(parents=True)
    (kept / f"{MESH}.part").symlink_to("/dev/full")
    with pytest.raises(AssetError, match=r"the disk is full: .*VLAGEN_CACHE"):
        get(server)
    assert os.listdir(home.parent) == []
    (kept / f"{MESH}.part").unlink()
    assert get(server).ok
    assert_installed(home)


def test_a_full_disk_under_the_installs_keeps_the_download(home, kept, server, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(install.shutil, "copyfileobj", refuse)
        with pytest.raises(AssetError, match=r"the disk is full: .*VLAGEN_ASSETS"):
            get(server)
    assert os.listdir(home.parent) == []
    assert get(server).ok
    assert_installed(home)
    assert server.asked == {MESH: [None], PHOTO: [None]}


def test_a_cache_that_cannot_be_made_is_a_sentence(home, tmp_path, server):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(AssetError, match=r"cannot be installed in .*VLAGEN_CACHE"):
        get(server)


def test_a_complete_install_asks_for_nothing(home, server):
    get(server)
    before, server.asked = home.stat().st_ino, defaultdict(list)
    assert get(server).ok
    assert home.stat().st_ino == before and not server.asked


def test_only_what_is_damaged_or_a_stand_in_is_fetched(home, server):
    bring(home, mesh=STAND_IN)
    assert get(server).stand_ins == ()
    assert_installed(home)
    assert server.asked == {MESH: [None]}


def test_a_failed_download_keeps_what_was_there(home, server):
    bring(home, mesh=STAND_IN)
    del server.content[MESH]
    with pytest.raises(AssetError, match="404"):
        get(server)
    assert (home / MESH).read_bytes() == STAND_IN
    assert os.listdir(home.parent) == ["tiny"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_install_that_is_killed_is_resumed(home, kept, tmp_path, server, ending):
    server.faults[MESH] = deque([hanging])
    with process(tmp_path, server) as running:
        part = kept / f"{MESH}.part"
        # The other file has then gone all its way, too.
        wait_for(lambda: part.exists() and part.stat().st_size > 100_000 and (kept / PHOTO).exists())
        running.send_signal(ending)
        assert running.wait(60) != 0
    assert 100_000 < part.stat().st_size <= HALF
    left = list(home.parent.iterdir())
    assert [path.name[:6] for path in left] == ([".tiny-"] if ending == signal.SIGKILL else [])
    for path in left:
        os.utime(path, (0, 0))  # once it is old, the next install clears it away
    begin = part.stat().st_size
    assert get(server).ok
    assert_installed(home)
    assert server.asked == {MESH: [None, f"bytes={begin}-"], PHOTO: [None]}


def test_two_installs_at_once_fetch_each_file_once(home, tmp_path, server):
    server.faults[MESH] = deque([hanging])
    with process(tmp_path, server), ThreadPoolExecutor() as pool:
        wait_for(lambda: server.asked[MESH])
        output = Console(file=io.StringIO())
        second = pool.submit(install.install, "tiny", None, output, mirror=server.url, limits=QUICK)
        wait_for(lambda: "Waiting for another process" in output.file.getvalue())
        server.released.set()
        assert second.result(60).ok
    assert_installed(home)
    assert server.asked[PHOTO] == [None] and len(server.asked[MESH]) == 2


def test_progress_shows_files_and_bytes(home, server, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "_QUIET_S", 0.0)
    with open(tmp_path / "screen", "w+") as screen:
        output = Console(file=screen, force_terminal=True, width=100)
        install.install("tiny", None, output, mirror=server.url, limits=QUICK)
        screen.seek(0)
        assert "2 of 2 files, 300.0 kB" in screen.read()


@contextlib.contextmanager
def process(tmp_path, server):
    """The same install in a process of its own."""
    code = (
        "import pathlib, signal, sys; from vlagen_bench.packs import install; from vlagen_bench.utils import paths; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # background jobs of a shell ignore it
        "paths.shipped_assets_dir = lambda: pathlib.Path(sys.argv[1]); install.install('tiny', None, mirror=sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "shipped"), server.url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        yield running
