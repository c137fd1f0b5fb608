"""The pages tell the truth: every block of code and every command in them is run, or at least parsed.

| what | how |
|---|---|
| `python`, with a file's name for its first comment | written to that file, in the page's own folder |
| `python` | run there, in order, in one namespace a page |
| `yaml` | written to the file that its first comment names |
| `text` | shown only: what a program says, or the form of a message |
| `sh` | each command parsed by the real command line; run, too, unless a rule of `NOT_RUN` says why it is not |
| commands and options in sentences and tables | parsed |

Suites have one episode of two conditions here, so that they end soon. A page finds the files of `GIVEN`, which readers bring
along, and the runs and submissions of `RUNS` and `SUBMISSIONS` if it speaks of them; tasks and leaderboards are copies, so that a page may add to them.
"""

import configparser
import contextlib
import dataclasses
import functools
import io
import re
import shlex
import shutil
import subprocess

import pytest
import tyro

from helpers import outside, pages
from helpers.pages import PAGES
from vlagen_bench.cli import eval as cli_eval
from vlagen_bench.cli import main as cli_main
from vlagen_bench.cli import train as cli_train
from vlagen_bench.plan import catalog
from vlagen_bench.utils import paths

RUN_BY_ANOTHER_TEST = {
    ("docs/add_an_axis.md", '"""Axis: the sun goes down."""'): "tests/test_adding_an_axis.py adds it to a copy",
}
NOT_RUN = {
    r"\b(bash scripts/|source |pip install|python -m pytest|mkdocs )": "installs, or is the test run itself; tests/test_documentation_site.py builds the site",
    r"--executor ray": "tests/test_ray.py makes clusters",
    r"vlagen-eval .*(--suite (core|paper)|--workers)": "hours long, or a process for each worker: tests/test_workers.py",
    r"--policy openvla:": "15 GB of weights: tests/policies/adapters",
    r"ws://|vlagen serve": "a server: tests/test_remote.py",
    r"vlagen validate": "plans all suites, paper's thousands too: tests/test_cli.py; `plan` reads the page's own files here",
    r"vlagen assets install": "downloads: tests/test_install.py, tests/test_download.py",
    r"vlagen (doctor|calibrate|render|bench|certify)\b": "looks at the machine, or draws for minutes; each has a test",
    r"python -m vlagen_bench\.diagnostics\.": "plays or simulates for minutes: tests/diagnostics",
    r"--task StackCube-v1": "draws for minutes: tests/sim/test_any_task.py and tests/cli/test_any_task.py, with a small task",
    r"vlagen check-statistics": "simulates for minutes: tests/report/test_simulation.py",
    r"vlagen-train release": "needs a checkpoint: tests/train/test_release.py",
    r"vlagen-train .*--config tabletop|docs/train_vla\.md: .*runs/core": "hours long: tests/train/test_from_nothing.py, at toy size",
    r"vlagen-train .*--config toy": "tests/train/test_from_nothing.py gives these two commands, word for word",
    r"docs/train_large\.md: ": "a GPU and seven billion parameters: tests/train/test_own_policy.py trains a tiny policy so, and reads the page's configuration",
    r"docs/add_an_axis\.md: ": "needs the axis of the page: tests/test_adding_an_axis.py",
}
SYSTEM = ("mkdir", "cp")
"""commands that are not ours, and are run"""
BARE = ("vlagen replay", "vlagen serve", "vlagen collect", "vlagen-train sft")
"""commands of which a sentence gives the name alone, without what they are about"""
KINDS = {"python", "yaml", "sh", "text"}
NOOP = "class Policy:\n    def act(self, obs, instr):\n        return [0, 0, 0, 0, 0, 0, 1]\n"
GIVEN = {"mine.py": NOOP, "mymodule.py": NOOP, "seeds.txt": "11\n12\n"}
RUNS = {
    "runs/a": ("--suite", "quick"),
    "runs/mine": ("--suite", "core"),
    "runs/my-model": ("--suite", "core"),
    "runs/late": ("--suite", "core", "--seed", "11"),
}
"""by a policy that stands still"""
SUBMISSIONS = {"mine.zip": "runs/my-model"}
"""of these runs; with the card of docs/submit.md"""


class Parsing(cli_main.SubcommandApp):
    """The commands as they are, but nothing happens when one is called."""

    functions = [cli_eval.EvalArgs]  # noqa: RUF012 - filled as the commands are made

    def command(self, func=None, **named):
        if func is None:  # as a decorator with arguments
            return functools.partial(self.command, **named)
        if isinstance(func, cli_main.SubcommandApp):
            return super().command(func, **named)
        if func is None:  # a decorator
            return functools.partial(self.command, **named)
        self.functions.append(func)
        return super().command(functools.wraps(func)(lambda *args, **kwargs: None), **named)


@functools.cache
def commands():
    """The whole command lines `vlagen` and `vlagen-train`, to be parsed only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_main, "SubcommandApp", Parsing)
        return {"vlagen": cli_main.make_app(), "vlagen-train": cli_main.make_app(cli_train.COMMANDS)}


@functools.cache
def options_of(function):
    """The options that the help of a command names."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.cli(function, args=["--help"])
    return set(re.findall(r"--[a-z][a-z-]*", said.getvalue()))


def options():
    """The options of all commands."""
    commands()
    return set().union(*map(options_of, Parsing.functions))


def complaint(words, capsys):
    """What the command line says against it; None: nothing."""
    name, *args = words
    try:
        if name == "vlagen-eval":
            tyro.cli(cli_eval.EvalArgs, args=args)
        else:
            commands()[name].cli(prog=name, args=args)
    except SystemExit as end:
        said = capsys.readouterr()
        return f"{shlex.join(words)}\n{said.out}{said.err}" if end.code else None
    return None


def why_not_run(page, words):
    """The reason why a command is only parsed; None: it is run."""
    line = f"{page}: {shlex.join(words)}"
    return next((why for pattern, why in NOT_RUN.items() if re.search(pattern, line)), None)


def shell_commands(page):
    return [words for block in pages.blocks(PAGES[page]) if block.kind == "sh" for words in block.lines]


@pytest.mark.parametrize("page", PAGES)
def test_all_blocks_are_of_a_known_kind(page):
    text = PAGES[page]
    assert not pages.indented(text), "a block without a fence has no kind, and nobody would run it"
    for block in pages.blocks(text):
        assert block.kind in KINDS, block.body
        assert block.kind != "yaml" or block.file, f"which file is it?\n{block.body}"


@pytest.mark.parametrize("page", PAGES)
def test_the_command_line_knows_all_commands_in_blocks(page, capsys):
    for words in shell_commands(page):
        if words[0] in pages.COMMANDS:
            assert complaint(words, capsys) is None, complaint(words, capsys)
        else:
            assert words[0] in SYSTEM or why_not_run(page, words), f"{words}: neither ours nor known here"


@pytest.mark.parametrize("page", PAGES)
def test_the_command_line_knows_all_commands_in_sentences(page, capsys):
    for words in pages.in_sentences(PAGES[page]):
        named = {word for word in words if word.startswith("--")}
        assert named <= options(), f"{shlex.join(words)}: unknown options"
        if words[0] not in pages.COMMANDS:  # options alone: some are named without their value
            if len(words) == 1 or not named <= options_of(cli_eval.EvalArgs):
                continue
            words = ["vlagen-eval", *words]
        if shlex.join(words) in BARE or "--help" in named:
            continue
        words = [re.sub(r"^[A-Z]$", "1", word) for word in words]
        if words[0] == "vlagen-eval" and "--policy" not in words:
            words += ["--policy", "noop"]
        assert complaint(words, capsys) is None, complaint(words, capsys)


def test_the_extras_in_the_pages_are_there():
    setup = configparser.ConfigParser()
    setup.read(pages.TOP / "setup.cfg")
    asked = set(re.findall(r"vlagen-bench\[(\w+)\]", "".join(PAGES.values())))
    assert asked and asked <= set(setup["options.extras_require"])


def test_the_options_are_there():
    assert {"--policy", "--workers", "--sample", "--from", "--axis", "--family"} <= options()
    assert "--polcy" not in options()


@pytest.mark.parametrize("words", ["vlagen-eval --policy noop --sweet 1", "vlagen plan --sweet 1", "vlagen plans"])
def test_a_wrong_command_would_be_found(words, capsys):
    assert complaint(words.split(), capsys) is not None


def test_no_rule_is_stale():
    lines = [f"{page}: {shlex.join(words)}" for page in PAGES for words in shell_commands(page)]
    for pattern in NOT_RUN:
        assert any(re.search(pattern, line) for line in lines), pattern
    for page, start in RUN_BY_ANOTHER_TEST:
        assert any(block.body.startswith(start) for block in pages.blocks(PAGES[page]))


@pytest.mark.parametrize("page", PAGES)
def test_all_links_lead_somewhere(page):
    home = (pages.TOP / page).parent
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", PAGES[page]):
        assert re.match(r"https?://", target) or (home / target).exists(), target


def test_the_index_has_every_page():
    for page in PAGES:
        assert (
            page in ("README.md", "CONTRIBUTING.md", "docs/README.md")
            or f"({page.removeprefix('docs/')})" in PAGES["docs/README.md"]
        )


def small(read, name):
    """The suite with one episode of two conditions; as it is, where published entries have all of its conditions."""
    suite = read(name)
    if suite.official_ids:
        return suite
    nominal, second, *_ = suite.conditions
    few = dataclasses.replace(suite, episodes=1, conditions=(nominal, second))
    if not suite.groups:
        return few
    group, axes = next(iter(suite.groups.items()))
    return dataclasses.replace(few, groups={group: axes[:1]}, levels=suite.levels[:1])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a page is carried out: tasks and leaderboards are its own, suites are small."""
    for name, function in (("tasks", "tasks_dir"), ("leaderboards", "leaderboards_dir")):
        shutil.copytree(getattr(paths, function)(), tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(paths, function, functools.partial(lambda path: path, tmp_path / name))
    shutil.rmtree(tmp_path / "leaderboards" / "core")  # its entries are of the whole suite, which is small here
    read = catalog.suite
    monkeypatch.setattr(catalog, "suite", functools.partial(small, read))
    for name, text in GIVEN.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    read.cache_clear()
    with outside.forgotten():
        yield tmp_path
    read.cache_clear()  # a suite that has the groups of another one was read with its small form


def call(words, monkeypatch):
    """Runs a command in this process, which has its shaders already."""
    if words[0] in SYSTEM:
        subprocess.run(words, check=True)
        return
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as end:
        {"vlagen-eval": cli_eval.command, "vlagen-train": cli_train.main, "vlagen": cli_main.main}[words[0]]()
    assert not end.value.code, shlex.join(words)


def carry_out(page, block, folder, namespace, monkeypatch):
    """Does what a reader of the block would do."""
    if any(page == other and block.body.startswith(start) for other, start in RUN_BY_ANOTHER_TEST):
        return
    if block.kind == "sh":
        for words in block.lines:
            if why_not_run(page, words) is None:
                call(words, monkeypatch)
    elif block.kind in ("python", "yaml") and block.file:
        (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.file).write_text(block.body, encoding="utf-8")
    elif block.kind == "python":
        exec(compile(block.body, page, "exec"), namespace)


def bring(page, folder, monkeypatch):
    """Has the runs and submissions that a page speaks of, less those that it makes itself."""
    text = "".join(block.body for block in pages.blocks(PAGES[page]))
    for name, options in RUNS.items():
        if re.search(rf"{name}\b(?!-)", text):
            call(["vlagen-eval", "--policy", "noop", "--video", "none", *options, "--out", name], monkeypatch)
    if "leaderboard submit" in text and "# card.yaml" not in text:
        (card,) = (block.body for block in pages.blocks(PAGES["docs/submit.md"]) if block.file == "card.yaml")
        (folder / "card.yaml").write_text(card)
    for name, run in SUBMISSIONS.items():
        if name in text and f"--out {name}" not in text:
            call(["vlagen", "leaderboard", "submit", run, "--out", name], monkeypatch)


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if pages.blocks(text)])
def test_the_page_can_be_carried_out(page, folder, monkeypatch):
    bring(page, folder, monkeypatch)
    namespace = {"__name__": "__main__"}
    for block in pages.blocks(PAGES[page]):
        carry_out(page, block, folder, namespace, monkeypatch)
