"""What a run says while it runs: counts, shares of time, what is left; in a terminal, in plain lines, and in logs."""

import dataclasses
import io
import sys
import types

import pytest
from rich.console import Console
from tensorboardX.proto.event_pb2 import Event

from helpers.fakes import Stepper
from helpers.runs import HEADER, PLAN, played, solo
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness import progress, run
from vlagen_bench.harness.counts import TWINS, Counts, OutcomeCount
from vlagen_bench.harness.loggers import logs
from vlagen_bench.harness.progress import RunProgress, duration
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.types import Episode, Plan


def wide(conditions: int, each: int) -> Plan:
    """A plan of many conditions."""
    suite = dataclasses.replace(PLAN.suite, conditions=tuple(f"lighting_l{i}" for i in range(conditions)))
    both = ((name, index) for name in suite.conditions for index in range(each))
    episodes = [Episode(task="t@1", condition=name, index=index, seed=0, values={}) for name, index in both]
    return Plan(suite=suite, episodes=tuple(episodes))


def kinds(plan: Plan) -> dict[str, str]:
    return {name: "nominal" if number == 0 else "vision" for number, name in enumerate(plan.suite.conditions)}


def told(plan: Plan, outcomes: str, *, terminal: bool, height: int = 24) -> tuple[str, Counts]:
    """What is shown after the first episodes, one letter an outcome: s, f or e."""
    out = Console(file=io.StringIO(), width=100, height=height, force_terminal=terminal, color_system=None)
    counts = Counts(plan, kinds(plan))
    with RunProgress(out, counts) as view:
        for episode, letter in zip(plan.episodes, outcomes, strict=False):
            one = played(episode, {"s": "success", "f": "failure", "e": "error"}[letter])
            counts.ended(one)
            view.ended(one)
        if terminal:
            screen = Console(file=io.StringIO(), width=100, height=height)
            screen.print(view._view())
            return screen.file.getvalue(), counts
    return out.file.getvalue(), counts


def test_counts_rates_and_shares():
    counts = told(wide(2, 4), "ssfesf", terminal=False)[1]
    first = counts.conditions["lighting_l0"]
    assert (first.n, first.done, first.rate, first.errors, first.planned) == (3, 4, 2 / 3, 1, 4)
    assert first.interval == pytest.approx((0.2077, 0.9385), abs=1e-4)
    assert counts.all == OutcomeCount(planned=8, successes=3, failures=2, errors=1)
    assert counts.kinds["vision"] == counts.conditions["lighting_l1"]
    assert counts.shares == {"resets": 0.1, "steps": 0.4, "pictures": 0.2, "policy": 0.2, "waiting": 0.1}
    assert counts.left_s == pytest.approx(2 * counts.elapsed_s / 6, rel=0.1)


def test_stored_results_count_but_make_no_pace():
    stored = [{"condition": "table_test", "outcome": "success"}]
    counts = Counts(PLAN, {"table_test": "vision"}, stored)
    assert (counts.all.done, counts.fresh, counts.left_s, counts.per_minute) == (1, 0, None, None)
    assert counts.kinds[TWINS].planned == 3 and not counts.shares


def test_the_worst_are_those_that_are_surely_bad():
    counts = told(wide(3, 9), "f" + "s" * 8 + "fffffffff" + "f", terminal=False)[1]
    assert counts.worst(2) == ["lighting_l1", "lighting_l2"], "one failure of one says less than nine of nine"


def test_a_terminal_shows_every_condition_where_there_is_room():
    said = told(wide(3, 2), "ssfe", terminal=True)[0]
    for text in ("4/6 episodes", "lighting_l2", "0/2", "100 %"):
        assert text in said
    assert "95 %" not in said and "–  " in said, "an interval that is looked at all the time would cover too little"
    assert "environment 70 % (resets 10, steps 40, pictures 20)" in said
    assert "last error: policy: it broke" in said and "policy 20 %, waiting 10 %" in said


@pytest.mark.parametrize("height", [12, 24, 50])
def test_180_conditions_fit_a_screen(height):
    said = told(wide(180, 2), "s" * 100 + "f" * 200 + "e", terminal=True, height=height)[0]
    assert said.count("\n") < height and "vision" in said and "all" in said
    assert max(map(len, said.splitlines())) <= 100
    assert ("lowest" in said) and "301/360 episodes" in said


def test_elsewhere_there_are_plain_lines_now_and_then(monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    said = told(wide(2, 2), "sfe", terminal=False)[0].splitlines()
    assert said[2].startswith("2/4 episodes, 1/2 succeeded (50 %), ")
    assert "1 ended as errors" in said[4] and "environment 70 %" in said[4] and said[4].endswith(" left")
    assert said[5] == "  nominal 1/2, vision 0/0 + 1 errors; lowest: lighting_l0 1/2"
    monkeypatch.setattr(progress, "LINE_EVERY_S", 10.0)
    assert len(told(wide(2, 2), "sfs", terminal=False)[0].splitlines()) == 1, "only the last, since no time passed"


def test_lines_of_a_long_run_come_more_slowly():
    said = [0.0]
    for now in range(4200):
        if progress._due(now - said[-1], now):
            said.append(now)
    assert said[1:4] == [10, 20, 30] and said[-1] - said[-2] > 60 and 100 < len(said) < 170


@pytest.mark.parametrize(("seconds", "text"), [(3.4, "3 s"), (99, "99 s"), (700, "12 min"), (11400, "3 h 10 min")])
def test_durations_are_said_as_one_would(seconds, text):
    assert duration(seconds) == text


def go(path, log, note=print):
    with RunFolder.writing(path, HEADER, PLAN) as folder:
        counts = Counts(PLAN, {"table_test": "vision"}, folder.results.values())
        with logs(log, path, HEADER, counts, note) as also:
            run.run(PLAN, solo(Stepper()), folder, (counts, *also), max_errors=0, retry_errors=False)


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    """Name -> (step, value), read back from the event files: length, checksum, event, checksum."""
    found = {}
    for path in folder.iterdir():
        data = path.read_bytes()
        while data:
            size = int.from_bytes(data[:8], "little")
            event = Event.FromString(data[12 : 12 + size])
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
            data = data[16 + size :]
    return found


def test_tensorboard_has_rates_and_times(tmp_path):
    go(tmp_path, ("tensorboard",))
    found = scalars(tmp_path / "tensorboard")
    assert found["success_rate"] == [(step, 1.0) for step in range(1, 7)]
    assert len(found["conditions/table_test"]) == 3 and {value for _, value in found["errors"]} == {0.0}
    assert {"seconds/policy", "seconds/reset", "seconds/total", "episodes_per_minute"} <= set(found)


class FakeWandb(types.ModuleType):
    """Remembers what it was told; stands for the package wandb."""

    def __init__(self, breaks_at=None):
        super().__init__("wandb")
        self.asked, self.logged, self.finished, self.axis, self._breaks_at = {}, [], 0, None, breaks_at

    def init(self, **options):
        self.asked = options
        return self

    def define_metric(self, name, step_metric):
        assert name == "*"
        self.axis = step_metric

    def log(self, numbers):
        """Without a step, since the real one ignores what has a lower step than it has seen."""
        if numbers[self.axis] == self._breaks_at:
            raise ConnectionError("no network")
        self.logged.append((numbers[self.axis], numbers))

    def finish(self):
        self.finished += 1


def test_weights_and_biases_has_the_header_and_goes_on_with_a_resumed_run(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", wandb := FakeWandb())
    go(tmp_path / "a", ("wandb:mine",))
    asked = wandb.asked
    assert (asked["project"], asked["name"], asked["config"], asked["resume"]) == ("mine", "a", HEADER, "allow")
    assert [step for step, _ in wandb.logged] == [1, 2, 3, 4, 5, 6] and wandb.finished == 1
    assert wandb.logged[-1][1]["success_rate"] == 1.0
    go(tmp_path / "a", ("wandb:mine",))
    assert wandb.asked["id"] == asked["id"] and len(wandb.logged) == 6
    go(tmp_path / "b", ("wandb:mine",))
    assert wandb.asked["id"] != asked["id"]


def test_a_log_that_breaks_does_not_end_the_run(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", wandb := FakeWandb(breaks_at=3))
    notes = []
    go(tmp_path, ("wandb:mine",), notes.append)
    assert notes == ["--log wandb:mine stopped working: ConnectionError: no network. The run goes on without it."]
    assert len(wandb.logged) == 2 and len(RunFolder.reading(tmp_path).results) == 6


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("tensorbord", "Did you mean 'tensorboard'"),
        ("wandb", "to which project"),
        ("tensorboard:x", "into the run folder"),
        ("wandb:mine", r"needs the package wandb, of the extra \[wandb\]: .*pip install .*'?wandb"),
    ],
)
def test_a_log_that_cannot_be_is_a_sentence(tmp_path, monkeypatch, log, says):
    monkeypatch.setitem(sys.modules, "wandb", None if log == "wandb:mine" else FakeWandb())
    with pytest.raises(ConfigError, match=says):
        go(tmp_path, (log,))
