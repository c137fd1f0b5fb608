"""The words of a command line: an empty or unknown one is a sentence, for each option of each command."""

import io
import re
import sys

import pytest

import vlagen_bench
from vlagen_bench.cli import eval as evaluation
from vlagen_bench.cli import main, words
from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import console


def commands(known=main.COMMANDS, before=("vlagen",)):
    """Each command with its words."""
    for name, command in known.items():
        if isinstance(command, main.Group):
            yield from commands(command.commands, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = [*commands(), (("vlagen-eval",), evaluation.EvalArgs)]
OPTIONS = [(called, option) for called, command in COMMANDS for option in words.options(command)]


class ClosedPipe(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def run(monkeypatch, called, *more):
    monkeypatch.setattr(sys, "argv", [*called, *more])
    if called[0] == "vlagen":
        return main._run()
    return evaluation._parsed(list(more))


@pytest.mark.parametrize(("called", "option"), OPTIONS, ids=" ".join)
@pytest.mark.parametrize("given", [(None, ""), (None, "  "), ("=",)])
def test_an_option_without_a_value_is_a_sentence(monkeypatch, called, option, given):
    more = [option if one is None else f"{option}=" if one == "=" else one for one in given]
    with pytest.raises(ConfigError, match=f"^{' '.join(called)}: {option} is empty. Give it a value, or leave it out"):
        run(monkeypatch, called, *more)


@pytest.mark.parametrize(("called", "option"), OPTIONS, ids=" ".join)
def test_a_mistyped_option_is_told_by_its_nearest_name(monkeypatch, called, option):
    mistyped = option[:-2] + option[-1] + option[-2] if option[-1] != option[-2] else option + "x"
    if mistyped in words.options(dict(COMMANDS)[called]):
        pytest.skip("that is another option")
    with pytest.raises(ConfigError, match=f"has no option '{mistyped}'. Did you mean '--") as caught:
        run(monkeypatch, called, mistyped, "x")
    known, said = [*words.options(dict(COMMANDS)[called])], str(caught.value)
    if len(known) <= 12:
        assert re.search(f"There are: .*{option}", said)
    else:
        assert sum(name in re.split(r"[ ',.?]+", said) for name in known) <= 3 and len(said) < 250, said
    assert said.endswith(f"{' '.join(called)} --help")


@pytest.mark.parametrize(("called", "says"), [
    (("vlagen-eval", "--polcy", "noop"), "Did you mean '--policy'?"),
    (("vlagen-eval",), "Missing from vlagen-eval: --policy"),
    (("vlagen-eval", "--policy"), "Missing value for argument '--policy'"),
    (("vlagen-eval", "--policy", "noop", "--episodes", "x"), "vlagen-eval: --episodes is 'x', where INT belongs."),
    (("vlagen-eval", "--policy", "noop", "--video", "some"), "invalid choice 'some' for argument '--video'"),
    (("vlagen", "report"), "vlagen report: Required options: Missing from vlagen report: RUN"),
    (("vlagen", "report", "a", "b"), "vlagen report: Unrecognized options: b. What it takes: vlagen report --help"),
    (("vlagen", "report", ""), "vlagen report: a word is empty"),
    (("vlagen",), "vlagen needs to be told which command: list, plan"),
    (("vlagen", "bench"), "vlagen bench needs to be told which command: env"),
    (("vlagen", "--polcy", "x"), "vlagen has no option '--polcy' before its command"),
])  # fmt: skip
def test_what_the_parser_refuses_is_one_sentence(monkeypatch, called, says):
    first = (
        1
        if called[0] == "vlagen-eval"
        else next((i for i, word in enumerate(called) if word.startswith("-")), len(called))
    )
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        run(monkeypatch, called[:first], *called[first:])
    said = str(caught.value)
    assert len(said.splitlines()) == 1 and not words.BOX.search(said) and "--help" in said


def test_every_option_that_the_parser_knows_is_known(monkeypatch, capsys):
    for called, command in COMMANDS:
        with pytest.raises(SystemExit) as end:
            run(monkeypatch, called, "--help")
        assert end.value.code == 0
        said = set(re.findall(r"^│ (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
        assert said - {"--no-"} <= set(words.options(command)), called


@pytest.mark.parametrize("called", [("vlagen",), ("vlagen", "study", "run"), ("vlagen-eval",)])
def test_help_may_be_cut_short(monkeypatch, called):
    """As by `| head`: a pipe that nobody reads fails at the first write."""
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    monkeypatch.setattr(words, "OUTPUT", console.StandardOutput())
    with pytest.raises(SystemExit) as end:
        run(monkeypatch, called, "--help")
    assert end.value.code == 0 and isinstance(words.OUTPUT.lost, BrokenPipeError)


def test_words_that_are_options_may_be_written_in_all_ways(monkeypatch):
    for more in (
        ["--max_errors", "3"],
        ["--max-errors=3"],
        ["--max-errors", "3"],
        ["--no-retry-errors", "--max-errors", "3"],
    ):
        assert run(monkeypatch, ("vlagen-eval",), "--policy", "noop", *more).recording.max_errors == 3


@pytest.mark.parametrize("name", ["conditions", "out", "suite", "task", "axes", "until"])
@pytest.mark.parametrize("value", ["", " "])
def test_empty_text_is_refused_by_evaluate(name, value):
    with pytest.raises(ConfigError, match=f"{name} is '{value}', which names nothing"):
        vlagen_bench.evaluate("noop", **{name: value})


@pytest.mark.parametrize(
    "given", [{"conditions": ","}, {"conditions": []}, {"conditions": ["nominal", ""]}, {"axes": ","}]
)
def test_names_that_name_nothing_are_refused(given):
    with pytest.raises(ConfigError, match=r"names nothing|at least one"):
        vlagen_bench.make_plan("quick", **given)
