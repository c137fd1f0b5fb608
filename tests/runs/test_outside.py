"""What a run takes from outside the package stands in its header, and must be the same when it goes on."""

import json

import pytest

from helpers.fabricated import header_of
from vlagen_bench.errors import RunError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs import outside
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.utils import surface

PLAN = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("nominal",), episodes=1, seed=0))
HEADER = header_of(PLAN, "fake")
SUITE = {"kind": "suite", "name": "own", "sha256": "1" * 64, "path": "mine"}
POLICY = {"kind": "policy", "name": "mine:Model", "sha256": "2" * 64, "module": "mine"}

TASK = {"kind": "task", "name": "mine", "sha256": "4" * 64, "path": "mine.py"}
IMPORTS = {"imports": {"rules.py": "1" * 64}}


def go(path, taken):
    with RunFolder.writing(path, {**HEADER, **({"outside": taken} if taken else {})}, PLAN):
        pass


@pytest.mark.parametrize("policy", ["noop", "ws://localhost:1", "no_such_module:Policy", "no/such/file.py:Policy"])
def test_what_ships_takes_nothing_from_outside(policy):
    assert outside.used(PLAN, policy) == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([], []),
        ([SUITE], [SUITE]),
        ([SUITE], [SUITE | {"path": "elsewhere/mine"}]),
        # A policy's name stands in the header anyway; a module path is no content.
        ([], [POLICY]),
        ([POLICY], []),
        # Former releases recorded no imports, and no task that was not included.
        ([TASK], [TASK | IMPORTS]),
        ([], [{"kind": "task", "name": "Mine-v1", "sha256": "4" * 64, "module": "mine"}]),
    ],
)
def test_a_run_goes_on_with_the_same_content(tmp_path, then, now):
    go(tmp_path, then)
    go(tmp_path, now)


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        ([], [SUITE], "another content of the suite 'own'.*none and 111111111111"),
        ([SUITE], [], "another content of the suite 'own'.*111111111111 and none"),
        ([SUITE], [SUITE | {"sha256": "3" * 64}], "another content of the suite 'own'.*111111111111 and 333333333333"),
        ([POLICY], [POLICY | {"sha256": "3" * 64}], "another content of the policy 'mine:Model'"),
        ([TASK | IMPORTS], [TASK | {"imports": {"rules.py": "5" * 64}}], "What it imports is another now: rules.py"),
        ([TASK | IMPORTS], [TASK], "What it imports is another now: rules.py"),
    ],
)
def test_a_run_does_not_go_on_with_another_content(tmp_path, then, now, says):
    go(tmp_path, then)
    with pytest.raises(RunError, match=says):
        go(tmp_path, now)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"path": "mine"}, r"It was included as: vlagen_bench.register_path\('mine'\)$"),
        ({"module": "mine"}, r"It was included as: vlagen_bench.register_path\('mine'\)$"),
        ({"module": "__main__"}, "It was defined by the program that made the run"),
        ({"package": "mine 1.5"}, "Install the package mine 1.5."),
    ],
)
def test_a_reader_says_what_is_missing(tmp_path, where, says):
    go(tmp_path, [{"kind": "axis", "name": "gloom", "sha256": "1" * 64, **where}])
    with pytest.raises(RunError, match=f"the axis 'gloom' from outside this package, and it is not here.*{says}"):
        RunFolder.reading(tmp_path)


def test_a_reader_on_the_command_line_is_told_an_option(tmp_path):
    go(tmp_path, [{"kind": "axis", "name": "gloom", "sha256": "1" * 64, "path": "mine"}])
    with surface.command_line(), pytest.raises(RunError, match=r"It was included as: --include mine$"):
        RunFolder.reading(tmp_path)


def test_what_is_imported_by_its_name_needs_no_option():
    task = {"kind": "task", "name": 'mine:Task{"control_mode":"pd_joint_pos"}', "sha256": "1" * 64, "module": "mine"}
    program = {"kind": "axis", "name": "gloom", "sha256": "1" * 64, "module": "__main__"}
    assert outside.include_options({"outside": [task, program]}) == []


def test_the_options_include_each_place_once():
    header = {"outside": [SUITE, SUITE | {"name": "other"}, POLICY | {"module": "own"}]}
    assert outside.include_options(header) == ["--include", "mine", "--include", "own"]


@pytest.mark.parametrize(
    "wrong",
    [
        [{"kind": "axis"}],
        [{"kind": ["axis"], "name": "gloom", "sha256": None}],
        [{"kind": "axis", "name": {}, "sha256": None}],
        [{"kind": "spell", "name": "gloom", "sha256": None}],
        [SUITE | {"path": 3}],
        [SUITE | {"more": 1}],
        ["axis"],
        {"kind": "axis"},
        None,
        "axis",
    ],
)
def test_a_header_that_says_nonsense_of_what_came_from_outside_is_a_sentence(tmp_path, wrong):
    go(tmp_path, [])
    (tmp_path / "header.json").write_text(json.dumps(HEADER | {"outside": wrong}))
    with pytest.raises(RunError, match=r"header.json: outside.*Restore it from a copy"):
        RunFolder.reading(tmp_path)
    with pytest.raises(RunError, match=r"header.json: outside.*Restore it from a copy"):
        go(tmp_path, [])
