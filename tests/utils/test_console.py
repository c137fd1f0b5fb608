"""What is printed: outside text as text, on an output that may be anything."""

import ast
import io
import os
import subprocess
import sys

import pytest
from rich.table import Table

from helpers.fabricated import fabricate
from helpers.places import PACKAGE
from vlagen_bench.cli import common
from vlagen_bench.cli.main import COMMANDS
from vlagen_bench.utils import console as printing
from vlagen_bench.utils.console import PlainConsole, console, encodable
from vlagen_bench.utils.text import LONGEST_NAME, name_of, one_line, printable, shown

ODD = "a[/b] [red]c[/red] :smile: \x1b[2J\x07 \u202e"
AS_TEXT = "a[/b] [red]c[/red] :smile: ?[2J? ?"


def test_names_are_printed_as_they_are_and_without_control_characters():
    out = PlainConsole(file=io.StringIO(), width=200)
    out.print(ODD)
    out.print(f"{ODD}\nsecond line", soft_wrap=True)
    table = Table(title=ODD, caption=ODD)
    table.add_column(ODD)
    table.add_row(ODD)
    out.print(table)
    printed = out.file.getvalue()
    assert printed.count(AS_TEXT) == 6 and "second line" in printed
    assert printable(printed) == printed


def test_one_rule_for_all_text_from_outside():
    assert printable("a\tb\nc\r\x1b\x9b\u200d\ud800") == "a\tb\nc?????"
    assert shown("a\n\x1bb" + "c" * 5000).startswith("a ?bccc") and len(shown("c" * 5000)) == 1000
    long = type("A\x1b" + "B" * 5000, (Exception,), {})
    assert name_of(long()).startswith("A?BBB") and len(name_of(long())) == LONGEST_NAME
    assert one_line(long("x\x07")).endswith("...: x?")

    class Text(str):
        def __getitem__(self, index):
            raise RuntimeError

        def split(self, *_):
            return ["\x1b"]

    class Odd:
        def __str__(self):
            return Text("as it is")

    assert shown(Odd()) == "as it is"


def test_every_console_is_of_this_kind():
    """Else a name with square brackets is a style, or an error."""
    for path in PACKAGE.rglob("*.py"):
        if path.name == "console.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in ("Console", "from_markup", "render_markup"), (path, node.lineno)
            if isinstance(node, ast.keyword) and node.arg == "markup":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, (path, node.lineno)
            assert not (isinstance(node, ast.ImportFrom) and node.module == "rich.markup"), (path, node.lineno)
            assert not (
                isinstance(node, ast.ImportFrom) and node.module == "rich" and "print" in {a.name for a in node.names}
            )


@pytest.mark.parametrize("command", ["report", "compare"])
def test_commands_take_folders_with_any_name(tmp_path, command, capsys, monkeypatch):
    folders = [
        fabricate(tmp_path / name, "quick", lambda episode: "success", episodes=1)
        for name in ("a[/b]", "[red]:x:\x1b[2J")
    ]
    monkeypatch.setattr(sys, "argv", ["vlagen", command])
    run = COMMANDS[command]
    assert (run(folders[0]) if command == "report" else run(tuple(folders))) in (common.OK, None)
    printed = capsys.readouterr().out
    assert "a[/b]" in printed and printable(printed) == printed
    assert command == "report" or "[red]:x:?[2J" in printed


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-8", "utf-16", "none-such"])
def test_every_encoding_can_be_written(encoding):
    text = encodable("61 – 83 %, 1 × 2 … 木 \ud83d", encoding)
    assert ("61 – 83 %" if encoding in ("utf-8", "utf-16", "none-such", "cp1252") else "61 - 83 %") in text
    if encoding != "none-such":
        text.encode(encoding)


def test_an_output_that_is_full_is_said_once_and_the_rest_is_dropped(monkeypatch, capfd):
    output = printing.StandardOutput()
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        for _ in range(3):
            output.write("line\n")
            output.flush()
        assert output.lost.errno == 28
        monkeypatch.undo()
        with pytest.raises(OSError):
            full.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
    errors = capfd.readouterr().err
    assert (
        errors
        == "warning: standard output cannot be written (No space left on device). Everything else goes on without it.\n"
    )


@pytest.mark.parametrize("stream", [None, "closed"])
def test_no_output_at_all_is_no_error(monkeypatch, stream):
    if stream == "closed":
        stream = io.StringIO()
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(printing, "OUTPUT", printing.StandardOutput())
    console().print("line")


COMMAND = "import sys; from vlagen_bench.cli.common import console, exit_with; exit_with(lambda: {body})"
LINES = "[console().print('61 – 83 %', '\\u6728') for _ in range(3)] and print('as a policy does: \\u2013') or {code}"


def run(body, redirect="", **env):
    words = [sys.executable, "-c", COMMAND.format(body=body)]
    shell = 'exec "$@" ' + redirect
    done = subprocess.run(
        ["bash", "-c", shell, "bash", *words], capture_output=True, env={**os.environ, **env}, timeout=60
    )
    return done.returncode, done.stdout.decode("latin-1"), done.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirect", "code", "ends", "says"),
    [
        ("> /dev/full", 0, 3, "No space left on device"),
        ("> /dev/full", 1, 1, "No space left on device"),
        (">&-", 0, 0, ""),
        ("| true", 0, 0, ""),
        ("> /dev/full 2> /dev/full", 0, 3, ""),
        (">&- 2>&-", 0, 0, ""),
    ],
)
def test_the_exit_code_says_that_the_output_could_not_be_written(redirect, code, ends, says):
    if redirect == "| true":
        redirect = '| true; exit "${PIPESTATUS[0]}"'
        words = f'"$@" {redirect}'
        command = [sys.executable, "-c", COMMAND.format(body=LINES.format(code=code))]
        done = subprocess.run(["bash", "-c", words, "bash", *command], capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (ends, b"")
        return
    returned, _, errors = run(LINES.format(code=code), redirect)
    assert returned == ends and says in errors and errors.count("\n") == bool(says)


@pytest.mark.slow
def test_an_encoding_that_lacks_letters_ends_nothing():
    returned, out, errors = run(LINES.format(code=0), PYTHONIOENCODING="latin-1")
    assert (returned, out, errors) == (0, "61 - 83 % ?\n" * 3 + "as a policy does: ?\n", "")


def test_another_stream_is_written_after_one_that_was_closed(monkeypatch):
    output, closed, whole = printing.StandardOutput(), io.StringIO(), io.StringIO()
    closed.close()
    for stream in (closed, whole):
        monkeypatch.setattr(sys, "stdout", stream)
        output.write("line\n")
    assert whole.getvalue() == "line\n" and output.lost is not None
