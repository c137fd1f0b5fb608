"""Tests of the official assets run where the pack `bridge` is installed; elsewhere they are skipped, or an error.

`VLAGEN_REQUIRE_BRIDGE=1` makes it an error, so that continuous integration cannot pass by skipping them.
"""

import io
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vlagen_bench.errors import VlagenError
from vlagen_bench.packs import manifest
from vlagen_bench.utils import paths


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests marked `bridge`, or stops, if the pack is not installed."""
    bridge = [item for item in items if item.get_closest_marker("bridge")]
    if not bridge or not (fault := _fault()):
        return
    if os.environ.get("VLAGEN_REQUIRE_BRIDGE") == "1":
        raise pytest.UsageError(f"{fault} These tests are required here (VLAGEN_REQUIRE_BRIDGE=1).")
    for item in bridge:
        item.add_marker(pytest.mark.skip(reason=fault))


def _fault() -> str | None:
    """Why the official assets cannot be used, or None if they can."""
    try:
        found = manifest.check(manifest.load("bridge"), manifest.folder("bridge"))
    except VlagenError as error:
        return str(error)
    if not found.ok:
        return (
            f"The installed pack 'bridge' is damaged ({len(found.missing) + len(found.wrong)} files): install it again."
        )
    return None


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal() -> Iterator[None]:
    """Ctrl-C and SIGTERM end this process and those that it starts, though nohup, cron and background jobs begin deaf to them.

    For each test anew: commands that run in this process have handlers of their own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)


@pytest.fixture
def bridge_source() -> Path:
    """A folder with the official assets as a user would bring them, or failing that the installed pack itself."""
    source = os.environ.get("VLAGEN_BRIDGE_SOURCE")
    return Path(source) if source else manifest.folder("bridge")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite `tiny` is among the shipped ones."""
    from helpers.submissions import tasks_with_tiny

    folder = tasks_with_tiny()
    monkeypatch.setattr(paths, "tasks_dir", lambda: folder)


@pytest.fixture
def printed(monkeypatch):
    """Runs a command in this process, and gives what it printed."""
    from rich.console import Console

    from vlagen_bench.cli import common

    def call(module, function, *args, **kwargs) -> str:
        out = Console(file=io.StringIO(), width=110, highlight=False)
        monkeypatch.setattr(module, "console", lambda: out)
        assert function(*args, **kwargs) == common.OK
        return out.file.getvalue()

    return call
