"""A faulty server of the pack `tiny`, and the folders of its installs."""

import threading

import pytest

from helpers.fake_pack import manifest, ship
from helpers.faulty_server import FILES, Server
from vlagen_bench.packs import manifest as packs


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.released.set()
        running.shutdown()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the pack `tiny`, with a big mesh, is going to be."""
    ship(tmp_path, monkeypatch, manifest(files=FILES))
    monkeypatch.setenv("VLAGEN_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "installed" / "tiny"
    packs.load.cache_clear()


@pytest.fixture
def kept(tmp_path):
    """Where what has arrived waits for the rest."""
    return tmp_path / "cache" / "downloads" / "tiny"
