import asyncio
import dataclasses
import gc
import html
import json
import os
import signal
import threading
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import vlagen_bench
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from helpers.fakes import Counter, FakeSim, Oracle, Stepper
from vlagen_bench.errors import PolicyError, RunError, VlagenError
from vlagen_bench.harness import worker
from vlagen_bench.harness.options import ExecutionKeywords, ExecutionOptions
from vlagen_bench.harness.run import TooManyErrors
from vlagen_bench.plan import catalog
from vlagen_bench.utils import paths, plugins

pytestmark = pytest.mark.usefixtures("fake_world")


class Weights:
    """A policy whose weights change between two evaluations, as in a training loop."""

    def __init__(self):
        self.step, self.closed, self.calls = 0.0, 0, 0

    def act(self, obs, instr):
        self.calls += 1
        return np.array([self.step, 0, 0, 0, 0, 0, 1])

    def close(self):
        self.closed += 1


class Failing:
    def act(self, obs, instr):
        raise RuntimeError("out of memory")


class Interrupting:
    """Ctrl-C is pressed in its sixth step: in the second episode."""

    def __init__(self):
        self.steps = 0

    def act(self, obs, instr):
        self.steps += 1
        if self.steps == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return Stepper().act(obs, instr)


def test_an_object_is_scored_and_the_run_is_returned(capsys):
    run = vlagen_bench.evaluate(Stepper(), **SMALL)
    assert run.complete and list(run.table.index) == ["table_test"]
    row = run.table.loc["table_test"]
    assert row[["n", "successes", "rate", "pairs", "drop", "errors"]].tolist() == [2, 2, 1.0, 2, 0.0, 0]
    assert list(run.table.columns) == [
        "n", "successes", "rate", "low", "high", "pairs", "drop", "drop_low", "drop_high", "p", "errors", "progress",
        "progress_low", "progress_high", "attempts",
    ]  # fmt: skip
    assert len(run.episodes) == len(run.plan.episodes) == 4
    assert run.header["policy"]["name"] == "helpers.fakes:Stepper" and run.header["policy"]["live"] is True
    assert (run.path / "summary.csv").is_file() and (run.path / "report.html").is_file()
    assert capsys.readouterr().out == ""


def test_progress_is_printed_where_it_is_asked_for(capsys):
    vlagen_bench.evaluate(Stepper(), **SMALL, progress=True)
    said = capsys.readouterr().out
    assert "quick, seed 0: conditions 1, episodes 4" in said and "Episodes played: 4" in said


def test_each_epoch_of_a_training_loop_has_a_run_of_its_own():
    policy = Weights()
    rates = []
    for step in (0.0, 0.25, 0.0):
        policy.step = step
        rates.append(vlagen_bench.evaluate(policy, **SMALL).table.loc["table_test", "rate"])
    assert rates == [0.0, 1.0, 0.0]
    assert policy.closed == 0, "the object is the caller's, who uses it again"
    assert [path.name[-1] for path in sorted(Path("runs").iterdir())] == ["1", "2", "3"]


def test_a_finished_run_is_not_shown_for_another_object():
    vlagen_bench.evaluate(Stepper(), **SMALL, out="mine")
    other = Stepper()
    with pytest.raises(
        RunError, match=r"holds a finished run of helpers.fakes:Stepper.*load_run\('mine'\).*resume=True"
    ):
        vlagen_bench.evaluate(other, **SMALL, out="mine")
    assert vlagen_bench.evaluate(other, **SMALL, out="mine", resume=True).complete
    with pytest.raises(RunError, match="holds a run already"):
        vlagen_bench.evaluate("noop", **SMALL, out="mine", resume=False)
    with pytest.raises(RunError, match="holds another run: its policy"):
        vlagen_bench.evaluate(Counter(), **SMALL, out="mine", resume=True)
    with pytest.raises(RunError, match="holds another run"):
        vlagen_bench.evaluate(other, conditions="nominal", out="mine", video="none")


def test_ctrl_c_is_raised_and_the_same_call_goes_on():
    with pytest.raises(KeyboardInterrupt):
        vlagen_bench.evaluate(Interrupting(), **SMALL, out="mine")
    assert not vlagen_bench.load_run("mine").complete
    with pytest.warns(UserWarning, match="mine holds an unfinished run of .*Interrupting: 1 of 4 episodes are done"):
        policy = Interrupting()
        policy.steps = 100
        run = vlagen_bench.evaluate(policy, **SMALL, out="mine")
    assert run.complete and policy.steps == 112, "the first episode was not played again"


def test_too_many_errors_are_a_sentence_and_can_be_tried_again():
    with pytest.raises(TooManyErrors, match=r"limit: max_errors=1\).*out of memory.*kept in mine.*retry_errors=True"):
        vlagen_bench.evaluate(Failing(), **SMALL, out="mine", max_errors=1)
    kept = vlagen_bench.load_run("mine")
    assert kept.table.loc["table_test", "errors"] == 1 and not kept.complete
    with pytest.warns(UserWarning) as warned:
        run = vlagen_bench.evaluate(Failing(), **SMALL, out="mine", max_errors=9)
    assert ["unfinished" in str(one.message) for one in warned] == [True, False]
    assert not run.complete and run.episodes.outcome.eq("error").all()
    fixed = type("Failing", (), {"act": Stepper.act, "__module__": Failing.__module__, "__qualname__": "Failing"})
    run = vlagen_bench.evaluate(fixed(), **SMALL, out="mine", retry_errors=True)
    assert run.complete


def test_an_oracle_object_is_marked():
    run = vlagen_bench.evaluate(Oracle(), **SMALL)
    assert run.header["oracle"] is True and "an oracle" in repr(run)


@pytest.mark.parametrize(("options", "says"), [
    ({"isolate": True}, "isolate=True loads the policy in another process"),
    ({"executor": "ray"}, "executor='ray' loads the policy in another process"),
    ({"policy_args": {"height": 1}}, "an object of helpers.fakes:Stepper was given"),
    ({"workers": 0}, "at least 1 is needed"),
    ({"video": "some"}, "There is no video 'some'. There are: all, failures, none"),
    ({"max_errors": -1}, "give 0 or more"),
    ({"episodes": 0}, "at least 1 episode"),
    ({"conditions": []}, "the list is empty"),
    ({"conditions": ["nothing"]}, "has no condition"),
    ({"conditions": None, "axes": ["lighting:9"]}, "lighting"),
    ({"axes": ["lighting:3"]}, "not both"),
    ({"suite": "nothing"}, "There is no suite 'nothing'"),
])  # fmt: skip
def test_a_mistake_is_a_sentence_and_leaves_nothing_behind(options, says):
    with pytest.raises(VlagenError, match=says):
        vlagen_bench.evaluate(Stepper(), **{**SMALL, **options})
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


class Height:
    def __init__(self, height, scale=1):
        self.height = height

    def act(self, obs, instr):
        assert isinstance(self.height, float)
        return Stepper().act(obs, instr)


def test_a_class_is_constructed_with_the_arguments_as_they_are():
    run = vlagen_bench.evaluate(Height, **SMALL, policy_args={"height": 0.5})
    assert run.complete and run.header["policy"]["arguments"] == {"height": "0.5"}
    with pytest.raises(PolicyError, match="cannot be constructed: TypeError"):
        vlagen_bench.evaluate(Height, **SMALL)
    with pytest.raises(PolicyError, match="is a function, not a class or object with act"):
        vlagen_bench.evaluate(lambda obs, instr: 0, **SMALL)


def test_a_name_is_resumed_in_the_folder_of_the_command():
    one = vlagen_bench.evaluate("helpers.fakes:Stepper", **SMALL)
    again = vlagen_bench.evaluate("helpers.fakes:Stepper", **SMALL)
    assert one.path == again.path == Path(f"runs/quick-helpers-fakes-Stepper-{one.plan.hash[:8]}")
    assert "live" not in one.header["policy"]


def test_a_suite_may_be_a_file_or_an_object():
    quick = catalog.suite("quick")
    by_object = vlagen_bench.evaluate(Stepper(), dataclasses.replace(quick, episodes=2), conditions=["table_test"])
    by_name = vlagen_bench.evaluate(Stepper(), "quick", conditions="table_test", episodes=2)
    by_file = vlagen_bench.evaluate(
        Stepper(), paths.tasks_dir() / "suites" / "quick.yaml", conditions="table_test", episodes=2
    )
    assert by_object.plan.hash == by_name.plan.hash == by_file.plan.hash
    assert "outside" not in by_file.header and plugins.VARIABLE not in os.environ
    other = vlagen_bench.evaluate(Stepper(), task="tabletop_put_on", **SMALL)
    assert other.plan.hash == by_name.plan.hash
    own = vlagen_bench.Suite(name="own", version=1, task=quick.task, episodes=1, axes=("lighting",))
    assert set(vlagen_bench.make_plan(own).suite.conditions) == {f"lighting_l{level}" for level in range(1, 6)}


def test_a_task_may_stand_in_place_of_the_suites():
    run = vlagen_bench.evaluate(Stepper(), "quick", task="tabletop_pick_up", conditions="nominal", episodes=1)
    assert {episode.task for episode in run.plan.episodes} == {"tabletop_pick_up@1"}
    assert run.plan.suite.name == "quick-tabletop_pick_up"


def test_it_works_inside_a_running_event_loop():
    async def cell():
        return vlagen_bench.evaluate(Stepper(), **SMALL)

    assert asyncio.run(cell()).complete


def test_it_works_in_several_threads_at_once():
    runs = {}

    def work(name):
        runs[name] = vlagen_bench.evaluate(Stepper(), **SMALL)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(run.complete for run in runs.values()) and len({run.path for run in runs.values()}) == 3


def test_no_simulator_is_left_behind(monkeypatch):
    made = []

    def simulator(task, cameras):
        sim = FakeSim()
        made.append(weakref.ref(sim))
        return sim

    monkeypatch.setattr(worker, "simulator", simulator)
    runs = [vlagen_bench.evaluate(Stepper(), **SMALL) for _ in range(2)]
    gc.collect()
    assert [sim() for sim in made] == [None, None] and len(runs) == 2


def test_a_run_is_readable_in_a_notebook():
    with pytest.warns(UserWarning, match="4 of 4 episodes ended as errors"):
        run = vlagen_bench.evaluate(Failing(), **SMALL)
    assert repr(run) == (
        f"Run('{run.path}', quick, policy test_evaluate:Failing: 4 of 4 episodes, 4 errors, incomplete)"
    ).replace("test_evaluate:", f"{Failing.__module__}:")
    page = run._repr_html_()
    assert "table_test" in page and "<table" in page and str(run.path) in page
    assert run.table.loc["table_test", "rate"] is pd.NA


def test_the_report_is_written_again():
    run = vlagen_bench.evaluate(Stepper(), **SMALL)
    page = run.report()
    page.unlink()
    assert run.report() == page == run.path / "report.html" and page.is_file()
    assert run.report("elsewhere.html").read_text() and Path("elsewhere.html").is_file()
    said = html.unescape(page.read_text())
    assert "vlagen_bench.evaluate(helpers.fakes:Stepper, suite='quick', conditions='table_test', episodes=2)" in said


def test_every_option_of_the_command_is_a_keyword():
    fields = {field.name for field in dataclasses.fields(ExecutionOptions)}
    assert set(ExecutionKeywords.__annotations__) == fields - {"workers"}
    run = vlagen_bench.evaluate(Stepper(), **SMALL, execute_horizon=1, step_timeout=60.0)
    assert run.header["policy"]["execution"]["horizon"] == 1
    assert json.loads((run.path / "header.json").read_text())["harness"]["step_s"] == 60.0
