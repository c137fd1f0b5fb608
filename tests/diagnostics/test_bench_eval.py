"""What is measured of an evaluation: the settings, and that the numbers are of what was run."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest

from vlagen_bench.cli import bench as commands
from vlagen_bench.cli.scale import bench_scale
from vlagen_bench.diagnostics import bench_env, bench_eval
from vlagen_bench.diagnostics.bench_eval import BenchSetting, EvalSpeed, PacedPolicy, gain, settings, typical
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import sample


def test_a_process_alone_is_measured_with_one_thread_too(monkeypatch):
    monkeypatch.setattr(bench_eval, "render_threads", lambda workers: max(1, 2 // workers))
    found = settings("tabletop", (1, 2, 4), policy_ms=50.0, episodes=3, software=True)
    assert [(one.workers, one.threads) for one in found[:4]] == [(1, 2), (1, 1), (2, 1), (4, 1)]
    assert [one.policy_ms for one in found] == [0.0] * 4 + [50.0] * 4
    found = settings("tabletop", (1, 2), policy_ms=0.0, episodes=3, software=False)
    assert [(one.workers, one.threads) for one in found] == [(1, 2), (2, 1)]


def test_a_paced_policy_takes_the_same_for_any_batch():
    policy = PacedPolicy(0.0)
    assert len(policy.act_batch([{}] * 3, [""] * 3)) == 3 and policy.act({}, "").shape == (7,)
    assert (policy.calls, policy.questions) == (2, 4)


def speed(per_s: float, memory_mb: float = 300.0) -> EvalSpeed:
    setting = BenchSetting(scene="tabletop", workers=1, threads=1, policy_ms=0.0, episodes=1)
    shares = dict.fromkeys(("environment", "outside", "policy_busy", "batch", "first_result_s"), 1.0)
    return EvalSpeed(
        setting=setting, episodes_per_hour=45 * per_s, observations_per_s=per_s, memory_mb=memory_mb, **shares
    )


def test_what_is_compared_was_measured_in_the_same_round():
    """The machine ran at half its speed in the second round, and at twice its speed in the third."""
    one, two = [speed(20.0), speed(10.0), speed(40.0)], [speed(36.0, 310.0), speed(18.0, 290.0), speed(80.0)]
    assert gain(two, one) == pytest.approx(1.8)
    assert typical(two).observations_per_s == 36.0 and typical(two).memory_mb == 300.0


def test_a_worker_that_has_nothing_left_to_play_is_not_the_harness_waiting():
    endings = bench_eval._EndListener()
    endings.after_s = [10.0, 11.0, 20.0, 22.0, 25.0]
    assert endings.idle_s(1) == 0.0 and endings.idle_s(2) == 3.0 and endings.idle_s(3) == 8.0


@pytest.mark.parametrize(
    "wrong", [{"scene": "brige"}, {"workers": (0,)}, {"episodes": 0}, {"policy_ms": -1.0}, {"rounds": 0}]
)
def test_what_cannot_be_measured_is_a_sentence(wrong):
    with pytest.raises(ConfigError):
        commands.evaluation(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"environments": (0,)}, {"environments": ()}, {"wanted": 0}, {"batch": 0}, {"horizon": 0}, {"step_ms": -1.0},
     {"policy_ms": -1.0}],
)  # fmt: skip
def test_what_no_cluster_can_do_is_a_sentence_before_one_is_made(wrong):
    with pytest.raises(ConfigError, match="--environments, "):
        bench_scale(**wrong)


def test_all_rounds_are_in_the_table_of_an_evaluation(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")  # test runners that distribute tests set a narrow one
    speeds = iter([speed(20.0), speed(30.0)] * 2)
    monkeypatch.setattr(bench_eval, "measure", lambda setting: replace(next(speeds), setting=setting))
    monkeypatch.setattr(bench_eval, "render_threads", lambda workers: 1)
    assert commands.evaluation(workers=(1, 2), policy_ms=0.0, rounds=2) == 0
    said = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if line.startswith("│")]
    assert [(row[0], row[4], row[5], row[6]) for row in rows] == [
        ("1", "20.0", "1.00", "1.00"),
        ("2", "30.0", "1.50", "1.50"),
    ]
    assert "Medians of 2 rounds" in said and "measuring: 4/4" in said


def test_a_soak_needs_a_new_folder(tmp_path):
    with pytest.raises(ConfigError, match="is there already"):
        commands.soak(tmp_path)


@pytest.mark.sim
@pytest.mark.slow
def test_two_workers_are_measured():
    found = bench_eval.measure(BenchSetting(scene="tabletop", workers=2, threads=1, policy_ms=40.0, episodes=1))
    assert found.episodes_per_hour * 80 / 3600 == pytest.approx(found.observations_per_s)
    assert 1.0 <= found.batch <= 2.0 and 0 < found.environment < 1 and 0 < found.policy_busy < 1
    assert found.first_result_s > 80 * 0.04 and 100 < found.memory_mb < 2000


@pytest.mark.parametrize("scene", bench_env.TASK_OF_SCENE)
def test_what_a_worker_plays_there_is(scene):
    assert sample(catalog.task(bench_env.TASK_OF_SCENE[scene]), bench_env.VARIED_CONDITION[scene], index=0, seed=0)


@pytest.mark.sim
@pytest.mark.slow
def test_a_worker_is_measured():
    # In a process of its own: the peak of memory of this one is also that of the tests before.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(bench_env.measure_env, "tabletop", episodes=1).result()
    assert 0 < found.floor_ms < found.step_ms and 0 < found.reset_s < found.first_frame_s
    assert 100 < found.memory_mb < 2000 and -0.1 < found.harness_share < 0.5
    assert 0 < found.watch_share < 0.1
