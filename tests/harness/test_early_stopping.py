"""`--until` and `--repeat`: fewer episodes where enough is known, the same ones again where it is asked how far they repeat."""

import dataclasses
import random
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from helpers.commands import call, here
from helpers.fabricated import header_of
from helpers.fakes import FakeSim, Stepper, loaded
from vlagen_bench.cli import eval as command
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.harness import run
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.early_stopping import EarlyStopping
from vlagen_bench.harness.evaluate import Ended, Evaluation
from vlagen_bench.harness.executors import make_executor
from vlagen_bench.harness.limits import Limits
from vlagen_bench.plan import catalog, plan
from vlagen_bench.report import html, repeats, report
from vlagen_bench.report.rows import rows
from vlagen_bench.report.terminal import results_table
from vlagen_bench.runs.folder import RunFolder
from vlagen_bench.statistics.sequential import confidence_sequence

PLAN = plan.make_plan(
    plan.select(catalog.suite("quick"), conditions=("table_test", "lighting_l5"), episodes=30, seed=0)
)
TASK = dataclasses.replace(catalog.task("tabletop_put_on"), ends_on_success=True)
HEADER = header_of(PLAN, "fake")
KINDS = {name: "vision" for name in PLAN.suite.conditions}
RULE = "width<0.5"


class Chosen(Stepper):
    """Succeeds in the episodes that a rule chooses."""

    def __init__(self, rule):
        self.rule = rule

    def act_batch(self, observations, instrs):
        return [
            super(Chosen, self).act(obs, instr) * self.rule(PLAN.by_id[obs["episode_id"]])
            for obs, instr in zip(observations, instrs, strict=True)
        ]


def always(episode):
    return True


def half(episode):
    return random.Random(episode.id).random() < 0.5


def go(path, rule=always, *, until=RULE, workers=None, stop_after=None, retry_errors=False):
    """The stop, and the results; `stop_after` interrupts the run after so many episodes."""
    stop = EarlyStopping(until, PLAN) if until else None
    count = iter(range(10**6))

    def interrupt(_):
        if next(count) + 1 == stop_after:
            raise KeyboardInterrupt

    making = make_executor(
        TASK, FakeSim, loaded(Chosen(rule)), workers=workers, execution=Execution(), limits=Limits(), film=None,
        note=print,
    )  # fmt: skip
    with RunFolder.writing(path, HEADER, PLAN) as folder, making as who:
        try:
            run.run(
                PLAN, who, folder, (SimpleNamespace(ended=interrupt),), max_errors=99, retry_errors=retry_errors,
                stop=stop,
            )  # fmt: skip
        except KeyboardInterrupt:
            assert stop_after is not None
    return stop, RunFolder.reading(path).results


def outcomes(results):
    return {key: record["outcome"] for key, record in results.items()}


def needed(successes: list[bool], width: float) -> int:
    """Episodes until the interval of a rate is narrower."""
    ends = (confidence_sequence(sum(successes[:n]), n) for n in range(1, 1000))
    return next(n for n, (low, high) in enumerate(ends, 1) if high - low < width)


def test_a_run_ends_once_every_interval_is_narrow(tmp_path):
    stop, results = go(tmp_path)
    each = needed([True] * 30, 0.5)
    assert stop.decided and each < 20
    by_condition = [record["condition"] for record in results.values()]
    assert {by_condition.count(name) for name in KINDS} == {each}
    assert all(record["twin"] in results for record in results.values() if record["twin"])
    assert {high - low < 0.5 for low, high in stop.intervals.values()} == {True}


def test_conditions_that_are_known_are_not_played_on(tmp_path):
    def rule(episode):
        return episode.condition != "table_test" or half(episode)

    _, results = go(tmp_path, rule, until="width<0.45")
    by_condition = [record["condition"] for record in results.values()]
    assert by_condition.count("lighting_l5") < 15 < by_condition.count("table_test")


@pytest.mark.parametrize("after", [1, 7, 20])
def test_a_resumed_run_stops_where_an_uninterrupted_one_does(tmp_path, after):
    whole, kept = go(tmp_path / "a", half, until="width<0.6")
    go(tmp_path / "b", half, until="width<0.6", stop_after=after)
    again, results = go(tmp_path / "b", half, until="width<0.6")
    assert outcomes(results) == outcomes(kept) and again.intervals == whole.intervals
    twice, results = go(tmp_path / "b", half, until="width<0.6")
    assert outcomes(results) == outcomes(kept) and twice.decided, "a stopped run has nothing left to do"


def test_with_several_workers_the_same_episodes_are_counted(tmp_path):
    alone, kept = go(tmp_path / "a", half, until="width<0.6")
    crew, results = go(tmp_path / "b", half, until="width<0.6", workers=3)
    assert crew.intervals == alone.intervals and crew.verdict == alone.verdict
    assert outcomes(kept).items() <= outcomes(results).items(), "others ran ahead"


def test_errors_count_for_nothing_until_they_are_retried(tmp_path):
    class Broken(Exception):
        pass

    def rule(episode):
        if episode.index == 2:
            raise Broken
        return True

    stop, results = go(tmp_path, rule)
    each = needed([True] * 30, 0.5)
    n = [record["condition"] for record in results.values() if record["outcome"] != "error"]
    assert stop.decided and {n.count(name) for name in KINDS} == {each}
    stop, results = go(tmp_path, retry_errors=True)
    assert stop.decided and set(outcomes(results).values()) == {"success"}


def test_two_runs_are_told_apart(tmp_path):
    go(tmp_path / "a", until=None)
    stop, results = go(tmp_path / "b", lambda episode: False, until=f"decided:{tmp_path / 'a'}")
    assert stop.decided and len(results) < len(PLAN.episodes)
    assert "they differ; this run minus the other -100 points over 9 of 30 scenes, p is 0.05 or less" in stop.verdict
    assert stop.outlook.endswith("it can be decided after 9 of 30 scenes at the earliest.")
    assert stop.intervals["table_test"] == confidence_sequence(0, max(e.index for e in _played(results)) + 1)
    same, results = go(tmp_path / "c", until=f"decided:{tmp_path / 'a'}")
    assert not same.decided and len(results) == len(PLAN.episodes) and "undecided" in same.verdict


def _played(results):
    return [PLAN.by_id[key] for key in results]


def test_a_rule_about_another_plan_is_refused(tmp_path):
    other = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("table_test",), episodes=1, seed=0))
    with RunFolder.writing(tmp_path / "a", header_of(other, "fake"), other):
        pass
    with pytest.raises(ConfigError, match="that run is of another plan"):
        EarlyStopping(f"decided:{tmp_path / 'a'}", PLAN)
    with pytest.raises(RunError, match="is not a run folder"):
        EarlyStopping(f"decided:{tmp_path / 'b'}", PLAN)


def concluded(monkeypatch, capsys, path, stop, stopped=None):
    """Exit code and text of the end of a run, without its page."""
    monkeypatch.setattr(html, "write_report", lambda run: run / "report.html")
    with RunFolder.writing(path, HEADER, PLAN) as folder:
        ended = Ended(
            evaluation=Evaluation(plan=PLAN, path=path), loaded=loaded(Stepper()), groups=KINDS,
            results=folder.results, stop=stop, stopped=stopped,
        )  # fmt: skip
        folder.amend(stopped=stop.facts(len(folder.results)) if ended.enough else None)
    code = command._conclude(Console(width=110, highlight=False), ended)
    return code, capsys.readouterr().out


def test_a_stopped_run_is_complete_and_says_so(tmp_path, monkeypatch, capsys):
    stop, results = go(tmp_path)
    code, said = concluded(monkeypatch, capsys, tmp_path, stop)
    header = RunFolder.reading(tmp_path).path.joinpath("header.json").read_text()
    assert code == 0 and f'"until": "{RULE}"' in header and f'"episodes": {len(results)}' in header
    assert f"That is enough: {len(PLAN.episodes) - len(results)} of 90 episodes were not needed." in said
    low, high = stop.intervals["table_test"]
    assert f"{100 * low:.0f} – {100 * high:.0f} %" in said and "Rate: confidence sequence" in said
    assert f",{low!r},{high!r}," in (tmp_path / "summary.csv").read_text()
    found = report.make(tmp_path)
    assert found.complete and found.stopped == RULE and found.sequences == stop.intervals
    assert found.verdict == stop.verdict == f"--until {RULE}: reached in 2 of 2 conditions."
    go(tmp_path, until=None)
    code, said = concluded(monkeypatch, capsys, tmp_path, None)
    assert code == 0 and "Rate: Wilson interval" in said, "the whole plan is a run like any other"
    assert '"stopped": null' in RunFolder.reading(tmp_path).path.joinpath("header.json").read_text()


def test_a_run_that_did_not_get_there_is_incomplete_as_ever(tmp_path, monkeypatch, capsys):
    stop, _ = go(tmp_path, half, until="width<0.3", stop_after=5)
    code, said = concluded(monkeypatch, capsys, tmp_path, stop, KeyboardInterrupt())
    assert code == 130 and "Missing: 85 of 90 episodes. To go on:" in said
    assert "--until width<0.3: reached in 0 of 2 conditions." in said


def test_the_table_has_the_intervals_of_the_drop_and_fits(tmp_path, capsys):
    _, results = go(tmp_path, half, until=None)
    names = {"table_test": "kind" * 3, "lighting_l5": "kind" * 3}
    found = rows([episode.to_dict() for episode in PLAN.episodes], results, names)
    long = [
        dataclasses.replace(row, condition=row.condition + "+camera_pose_l5", n=64, pairs=64, planned=64)
        for row in found
    ]
    Console(width=110).print(results_table("t", long))
    said = capsys.readouterr().out
    low, high = long[0].drop_interval
    assert f"{100 * low:+.0f} – {100 * high:+.0f}" in said and "+camera_pose_l5 │  64 │" in said and "…" not in said


def test_repeats_agree_or_not(tmp_path):
    runs = []
    for number in range(3):
        flips = {episode.id for episode in PLAN.episodes if episode.index < 6 and number == 1}
        runs.append(go(tmp_path / f"{number}", lambda episode, flips=flips: episode.id not in flips, until=None)[1])
    found = repeated(*runs)
    assert [one.condition for one in found.conditions] == [*PLAN.suite.conditions, repeats.OVERALL]
    first = found.conditions[0]
    assert first.rates == (1.0, 0.8, 1.0) and (first.retest.agreeing, first.retest.n) == (24, 30)
    noise = 2 * 2**0.5 * (12 / 3) ** 0.5 / 60
    said = repeats.floor(found)
    assert "Outcomes agree in 48 of 60 episodes" in said and f"by less than {100 * noise:.1f} points" in said
    assert repeated(runs[0], {}).all.n == 0 and "nothing is known" in repeats.floor(repeated(runs[0], {}))
    same = repeats.floor(repeated(runs[0], runs[0]))
    assert "agree in all 60 episodes" in same and "no noise was seen" in same and " 0.0 points" not in same


def repeated(*runs):
    planned = [episode.to_dict() for episode in PLAN.episodes]
    conditions = repeats.repeated(planned, PLAN.suite.conditions, runs)
    return repeats.Repeats(first=Path("a"), runs=(Path("a"),) * len(runs), others=(), conditions=conditions)


def test_repeats_are_found_from_each_of_them(tmp_path, monkeypatch):
    go(tmp_path / "a", until=None)
    for number in (2, 10):
        shutil.copytree(tmp_path / "a", tmp_path / f"a-repeat-{number}")
    shutil.copytree(tmp_path / "a", tmp_path / "a-repeat-two")
    shutil.copytree(tmp_path / "a", tmp_path / "ab-repeat-2")
    names = ["a", "a-repeat-2", "a-repeat-10"]
    for name in names:
        found = repeats.of_run(tmp_path / name)
        assert [path.name for path in found.runs] == names and found.measured and found.others == ()
        assert (found.first, found.all.n) == (tmp_path / "a", 60)
    alone = repeats.of_run(tmp_path / "ab-repeat-2")
    assert not alone.measured and alone.first.name == "ab" and alone.all.n == 0
    monkeypatch.chdir(tmp_path / "a")
    assert repeats.of_run(Path()).measured, "the folder that one stands in has a name, too"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--until", "width<2"), "is between 0 and 1"),
        (("--until", "decided:nowhere"), "nowhere is not a run folder"),
        (("--repeat", "0"), "--repeat 0: at least 1 is needed."),
        (("--repeat", "2", "--until", "width<0.1"), "Give either --until or --repeat"),
    ],
)
def test_an_option_that_cannot_be_is_a_sentence(tmp_path, words, says):
    done = call("vlagen-eval", "--policy", "noop", *words, cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.sim
@pytest.mark.slow
def test_a_real_run_stops_and_another_is_repeated(tmp_path):
    words = ("--policy", "expert", "--conditions", "nominal", "--episodes", "8", "--video", "none")
    done = here("vlagen-eval", *words, "--until", "width<0.8", "--out", "a", cwd=tmp_path)
    assert done.returncode == 0 and "That is enough" in done.stdout, done.stdout + done.stderr
    words = ("--policy", "expert", "--conditions", "nominal", "--episodes", "1", "--video", "none")
    done = here("vlagen-eval", *words, "--repeat", "2", "--log", "tensorboard", "--out", "b", cwd=tmp_path)
    assert done.returncode == 0 and "Outcomes agree in all 1 episodes" in done.stdout, done.stdout + done.stderr
    for name in ("b", "b-repeat-2"):
        assert "Outcomes agree in all 1 episodes" in (tmp_path / name / "report.html").read_text(encoding="utf-8")
    assert list((tmp_path / "b-repeat-2" / "tensorboard").iterdir())
