"""Do the pages tell the truth? Every block of code and every command in them is run, or at least parsed.

| what | how |
|---|---|
| `python`, with a file's name for its first comment | written to that file, in the page's own folder |
| `python` | run there, in order, in one namespace a page |
| `yaml` | written to the file that its first comment names |
| `text` | shown only: what a program says, or the form of a message |
| `sh` | each command parsed by the real command line; run, too, unless a rule of `NOT_RUN` says why it is not |
| commands and options in sentences and tables | parsed |

Suites have a first episode of two conditions here. A page finds the files of `GIVEN`, which readers bring along, and the
runs `runs/a` and `runs/b`; tasks and leaderboards are copies, so that a page may add to them.
"""

import contextlib
import dataclasses
import functools
import re
import shlex
import shutil
import subprocess

import pages
import pytest
import tyro
from pages import PAGES

from vlagen_bench import catalog, paths
from vlagen_bench.cli import eval as cli_eval
from vlagen_bench.cli import main as cli_main

RUN_BY_ANOTHER_TEST = {
    ("docs/add_an_axis.md", '"""Axis: the sun goes down."""'): "tests/test_adding_an_axis.py adds it to a copy",
}
NOT_RUN = {
    r"\b(bash scripts/|source |pip install|python -m pytest)": "installs, or is the test run itself",
    r"--executor ray": "tests/test_ray.py makes clusters",
    r"vlagen-eval .*(--suite (core|paper)|--workers)": "hours long, or a process for each worker: tests/test_workers.py",
    r"ws://|vlagen serve": "a server: tests/test_remote.py",
    r"vlagen assets install": "downloads: tests/test_install.py, tests/test_download.py",
    r"vlagen (doctor|calibrate|render|bench|certify)\b": "looks at the machine, or draws for minutes; each has a test",
    r"docs/add_an_axis\.md: ": "needs the axis of the page: tests/test_adding_an_axis.py",
    r"README\.md: vlagen report runs/paper-": "is of the run above it, of the suite paper",
    r"docs/(submit|verify)\.md: ": "docs/getting_started.md runs the same with a run of its own: here only parsed",
}
SYSTEM = ("mkdir", "cp")
"""commands that are not ours, and are run"""
UNDONE = ("bash", "source", "pip", "python", "cp")
"""commands that are not ours, and need not be known to our command line"""
KINDS = {"python", "yaml", "sh", "text"}
NOOP = "class Policy:\n    def act(self, obs, instr):\n        return [0, 0, 0, 0, 0, 0, 1]\n"
GIVEN = {"mine.py": NOOP, "mymodule.py": NOOP}
PAGES_THAT_RUN = [
    page for page, text in PAGES.items() if any(block.kind in ("python", "sh", "yaml") for block in pages.blocks(text))
]


class Parsing(cli_main.SubcommandApp):
    """The commands as they are, but nothing happens when one is called."""

    def command(self, func, **named):
        if isinstance(func, Parsing):
            return super().command(func, **named)
        return super().command(functools.wraps(func)(lambda *args, **kwargs: None), **named)


@pytest.fixture
def parsing(monkeypatch):
    monkeypatch.setattr(cli_main, "SubcommandApp", Parsing)


def complaint(words, capsys):
    """What the command line says against it; None: nothing."""
    name, *args = words
    try:
        if name == "vlagen-eval":
            tyro.cli(cli_eval.EvalArgs, args=args)
        else:
            cli_main.make_app().cli(prog=name, args=args)
    except SystemExit as end:
        said = capsys.readouterr()
        return said.out + said.err if end.code else None
    return None


@functools.cache
def options():
    """All options of all commands, by their help."""
    done = subprocess.run(["grep", "-rhoE", "^    [a-z_]+: |^ +[a-z_]+: .*=|name=\"[a-z]+\"", str(pages.TOP / "vlagen_bench/cli")])
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_all_blocks_are_of_a_known_kind(page):
    text = PAGES[page]
    assert not pages.indented(text), "a block without a fence has no kind, and nobody would run it"
    for block in pages.blocks(text):
        assert block.kind in KINDS, block.body
        assert block.kind != "yaml" or block.file, f"which file is it?\n{block.body}"
