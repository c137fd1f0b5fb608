"""A run never passes one policy's results off as another's: what is refused, recorded, and said first."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import vlagen_bench
from helpers.commands import call
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from helpers.fakes import Stepper
from helpers.servers import serving, stub
from vlagen_bench.errors import RunError
from vlagen_bench.harness.run import TooManyErrors
from vlagen_bench.policies import base
from vlagen_bench.policies.remote import wire
from vlagen_bench.report import comparison, load, repeats
from vlagen_bench.report.comparison_page import write as write_page
from vlagen_bench.runs import identity

pytestmark = pytest.mark.usefixtures("fake_world")

CHANGED = """
import os, signal
import numpy as np
from helper_of_changed import unused


class A:
    def __init__(self, ckpt="A"):
        self.step, self.asked = {"A": 0.25, "B": 0.0}[ckpt], 0

    def act(self, obs, instr):
        self.asked += 1
        if self.asked == 9 and os.path.exists("stop"):
            os.kill(os.getpid(), signal.SIGINT)
        return np.array([self.step, 0, 0, 0, 0, 0, 1.0])
"""


@pytest.fixture(autouse=True)
def files(fake_world, monkeypatch):  # noqa: F811
    """The policy in a file, beside one that it imports and one that it does not."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "helper_of_changed", raising=False)
    Path("policy.py").write_text(CHANGED)
    Path("helper_of_changed.py").write_text("unused = 1\n")
    Path("beside.py").write_text("")


def scored(policy="policy.py:A", **more):
    return vlagen_bench.evaluate(policy, **SMALL, out="run", **more)


def header():
    return json.loads(Path("run/header.json").read_text())


def edit(name="policy.py", text="# edited\n"):
    Path(name).write_text(Path(name).read_text() + text)
    sys.modules.pop("helper_of_changed", None)  # as in a new process


def half():
    """A run that was stopped by Ctrl-C after two of its four episodes."""
    Path("stop").touch()
    with pytest.raises(KeyboardInterrupt):
        scored()
    Path("stop").unlink()
    assert len(Path("run/episodes.jsonl").read_text().splitlines()) == 2


def test_an_unchanged_policy_is_resumed_and_shown_whatever_lies_beside_it(caplog):
    half()
    edit("beside.py")
    assert scored().complete and scored().complete
    assert "fingerprint_changes" not in header() and set(header()["fingerprint"]["files"]) == {
        "policy.py", "helper_of_changed.py",
    }  # fmt: skip
    assert not any("warning" in record.message for record in caplog.records)


@pytest.mark.parametrize("name", ["policy.py", "helper_of_changed.py"])
def test_a_finished_run_is_not_shown_for_a_changed_policy(name):
    scored()
    edit(name)
    with pytest.raises(
        RunError, match=rf"results of 4 episodes from 2\S+, .* the policy has changed: {name} has"
    ) as said:
        scored()
    assert "--out DIR" in str(said.value) and "--continue-with-changed-policy" in str(said.value)
    assert "fingerprint_changes" not in header()


def test_half_a_run_does_not_go_on_with_a_changed_policy_unless_it_is_asked_to():
    half()
    then = header()["fingerprint"]
    edit()
    with pytest.raises(RunError, match="results of 2 episodes"):
        scored()
    assert header()["fingerprint"] == then
    run = scored(continue_with_changed_policy=True)
    (change,) = header()["fingerprint_changes"]
    assert change["was"] == then and change["episodes"] == 2 and change["policy"] is True
    assert header()["fingerprint"]["files"]["policy.py"] != then["files"]["policy.py"]
    assert repr(run).startswith("Run('run', CHANGED POLICY: the first 2 results were made before")
    assert scored().complete, "it is the policy of now, as the header says"
    edit()
    with pytest.raises(RunError, match="results of 4 episodes"):
        scored()


def test_a_change_of_the_policy_is_said_first_everywhere(capsys):
    half()
    edit()
    scored(continue_with_changed_policy=True, progress=True)
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="other")
    sentence = "CHANGED POLICY: the first 2 results were made before"
    (first, *_) = load.read(Path("run")).report.first_lines
    assert first.startswith(sentence) and "policy.py has changed (" in first and "never ranked" in first
    page = Path("run/report.html").read_text()
    assert sentence in page[: page.index("Success, nominal")]
    compared = comparison.compare([Path("other"), Path("run")])
    page = write_page(compared, Path("compared")).read_text()
    assert f"B: {sentence}" in page[: page.index("<table")]


@pytest.mark.slow
def test_the_commands_say_it_first():
    half()
    edit()
    scored(continue_with_changed_policy=True)
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="other")
    shown = call("vlagen", "report", "run", cwd=".").stdout
    assert shown.startswith("CHANGED POLICY: the first 2 results")
    shown = call("vlagen", "compare", "other", "run", cwd=".").stdout
    assert shown.startswith("B: CHANGED POLICY: the first 2 results")


def test_a_policy_that_had_no_result_yet_may_be_corrected():
    Path("policy.py").write_text(CHANGED.replace("return", "raise ValueError  #"))
    with pytest.raises(TooManyErrors):
        scored(max_errors=1)
    Path("policy.py").write_text(CHANGED)
    run = scored(retry_errors=True)
    assert run.complete and identity.sentences(run.header) == (), "no result is of the former"
    (change,) = header()["fingerprint_changes"]
    assert change["episodes"] == 0


def test_a_deleted_file_is_a_change():
    half()
    Path("helper_of_changed.py").unlink()
    Path("policy.py").write_text(CHANGED.replace("from helper_of_changed import unused", ""))
    with pytest.raises(RunError, match=r"helper_of_changed.py \(\w{12}\) is gone; policy.py has changed"):
        scored()


@pytest.mark.parametrize("what", ["sapien", "renderer", "vlagen-bench code"])
def test_another_simulator_or_renderer_or_pulled_code_is_a_change_of_the_environment(what):
    half()
    was = header()
    was["fingerprint"]["environment"][what] = "2.0"
    Path("run/header.json").write_text(json.dumps(was))
    with pytest.raises(RunError, match=rf"what it is scored with has changed: {what} was 2\.0 and is "):
        scored()
    run = scored(continue_with_changed_policy=True)
    (sentence,) = identity.sentences(run.header)
    assert sentence.startswith("CHANGED ENVIRONMENT: ") and "ranked" not in sentence


def test_a_run_without_a_fingerprint_goes_on_and_says_that_it_could_not_be_checked(caplog):
    half()
    was = header()
    del was["fingerprint"], was["attempts"]
    Path("run/header.json").write_text(json.dumps(was))
    edit()
    assert scored().complete
    assert "recorded without a fingerprint" in caplog.text
    caplog.clear()
    scored()
    assert "The first 2 results were recorded without a fingerprint" in caplog.text


def test_a_version_tells_policies_apart_that_files_do_not():
    class Mine:
        def __init__(self, version):
            self.version = version

        act = Stepper.act

    scored(Mine("1"))
    assert scored(Mine("1"), resume=True).complete
    with pytest.raises(RunError, match="its version was 1 and is 2"):
        scored(Mine("2"), resume=True)


def test_a_repeat_of_another_policy_is_no_repeat():
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="run")
    edit()
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="run-repeat-2")
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="run-repeat-3")
    found = repeats.of_run(Path("run-repeat-2"))
    assert [path.name for path in found.runs] == ["run-repeat-2", "run-repeat-3"] and len(found.others) == 1


def test_a_server_that_serves_another_checkpoint_is_refused():
    with serving(base.load("policy.py:A", {"ckpt": "A"})) as url:
        run = vlagen_bench.evaluate(url, **SMALL, out="run")
    port = int(url.rpartition(":")[2])
    assert run.header["fingerprint"]["kind"] == "server" and run.table.loc["table_test", "rate"] == 1
    with serving(base.load("policy.py:A", {"ckpt": "A"}), port=port):
        assert vlagen_bench.evaluate(url, **SMALL, out="run").complete
    with (
        serving(base.load("policy.py:A", {"ckpt": "B"}), port=port),
        pytest.raises(RunError, match="the served policy's arguments changed"),
    ):
        vlagen_bench.evaluate(url, **SMALL, out="run")


def test_an_opaque_server_is_not_taken_for_the_same_in_silence(caplog):
    def handle(connection):
        for _ in connection:
            connection.send(wire.pack({"actions": np.array([[0.25, 0, 0, 0, 0, 0, 1]])}))

    with stub(handle) as url:
        vlagen_bench.evaluate(url, **SMALL, out="run")
        vlagen_bench.evaluate(url, **SMALL, out="run")
    assert (
        "The results are from 2" in caplog.text
        and "whether it serves the same policy now cannot be known" in caplog.text
    )
    assert "the policy was not asked" in caplog.text


def test_a_policy_that_another_process_holds_is_told_apart_in_the_same_way():
    vlagen_bench.evaluate("policy.py:A", **SMALL, out="run", isolate=True)
    files = header()["fingerprint"]["files"]
    assert vlagen_bench.evaluate("policy.py:A", **SMALL, out="run").complete
    assert header()["fingerprint"]["files"] == files
    edit("helper_of_changed.py")
    with pytest.raises(RunError, match=r"helper_of_changed\.py has changed"):
        vlagen_bench.evaluate("policy.py:A", **SMALL, out="run", isolate=True)
