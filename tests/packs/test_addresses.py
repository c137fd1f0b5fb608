"""Redirects, mirrors, and hosts that cannot be reached."""

import socket
import time
from collections import deque
from urllib.parse import quote

import pytest

from helpers.fake_pack import MESH, manifest, ship
from helpers.faulty_server import BIG, HALF, assert_installed, get, part_of, status
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import install
from vlagen_bench.packs.download import DownloadLimits


def test_redirects_are_followed_and_keep_the_range(home, kept, server):
    part_of(kept)
    server.content["else where"] = BIG
    server.faults[MESH] = deque([status(302, Location="/else%20where")])
    assert get(server).ok
    assert_installed(home)
    assert server.asked["else where"] == [f"bytes={HALF}-"]


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x", "gopher://x"])
def test_redirects_to_anything_but_http_are_refused(home, server, place):
    server.faults[MESH] = deque([status(302, Location=place)])
    with pytest.raises(AssetError, match=r"302 Found, a redirect that is not followed"):
        get(server)


@pytest.mark.parametrize("place", ["http://[half", "http://127.0.0.1:nonsense/", "/red\tcup", "http://"])
def test_redirects_to_nonsense_are_faults_of_that_file(home, server, place):
    server.faults[MESH] = deque([status(302, Location=place)] * 9)
    with pytest.raises(AssetError, match="1 of 2 files"):
        get(server)


def test_endless_redirects_end(home, server):
    server.faults[MESH] = deque([status(302, Location=f"/{quote(MESH)}")] * 99)
    with pytest.raises(AssetError, match="302 Found"):
        get(server)


@pytest.mark.parametrize(
    "mirror",
    ["file:///tmp", "/tmp", "ftp://host/a", "http://", "https://me:secret@host/a", "http://host/a?b", "http://[half"],
)
def test_a_mirror_that_is_no_web_address_is_refused(home, mirror):
    with pytest.raises(AssetError, match=r"is not an address of a mirror.*--from DIR"):
        install.install("tiny", None, mirror=mirror)


def test_a_folder_and_a_mirror_are_one_too_many(home, tmp_path):
    with pytest.raises(AssetError, match="name one of them"):
        install.install("tiny", tmp_path, mirror="http://127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_without_a_connection_the_error_is_quick_and_names_the_host(home, host):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        begin = time.monotonic()
        with pytest.raises(AssetError, match=rf"{host} cannot be reached \(.*check the connection.*far/away at v1"):
            install.install("tiny", None, mirror=f"http://{host}:{unused.getsockname()[1]}")
    assert time.monotonic() - begin < 15


def test_a_connection_that_is_lost_later_is_a_fault_of_the_files(home, server):
    """Not the end of everything, as it is when nothing ever answered."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        server.faults[MESH] = deque([status(302, Location=away)] * 9)
        with pytest.raises(AssetError, match=r"1 of 2 files .*connection refused, tried 4 times"):
            get(server, DownloadLimits(pause_s=0.01))


def test_paths_that_leave_the_pack_are_refused(home, tmp_path, monkeypatch, server):
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{../outside: {'0' * 63}a}}", stand_ins="stand_ins: {}"))
    with pytest.raises(AssetError, match=r"\.\./outside, which is not a place in a pack"):
        get(server)
    assert not server.asked
