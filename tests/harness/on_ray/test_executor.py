"""Actors on a Ray cluster of two nodes: processes that are killed, hang or go with their node."""

import os
import time

import numpy as np
import pytest

from helpers.commands import call
from helpers.fakes import FakeSim
from helpers.places import TESTS
from helpers.ray_fakes import PortableFilm, SlowSim
from helpers.workers import PLAN, VICTIM, outcomes, trapped
from helpers.workers import go as workers_go
from vlagen_bench.errors import AssetError, PolicyError
from vlagen_bench.harness.on_ray.cluster import Cluster
from vlagen_bench.harness.options import ExecutionOptions
from vlagen_bench.policies.base import LoadedPolicy, load
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.runs.folder import RunFolder

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'vlagen-bench[ray]'")
pytestmark = [pytest.mark.ray, pytest.mark.slow]  # a cluster takes half a minute to start
STORE_BYTES = 100 * 2**20


@pytest.fixture(scope="module")
def two_nodes():
    """A cluster of two nodes on this machine, with room for one environment on the first."""
    from ray.cluster_utils import Cluster as Nodes

    before = dict(os.environ)
    os.environ |= {"PYTHONPATH": str(TESTS), "RAY_USAGE_STATS_ENABLED": "0"}
    common = {"object_store_memory": STORE_BYTES}
    # By default it takes Ray up to half a minute to see that a node is gone.
    soon = {"health_check_period_ms": 1500, "health_check_failure_threshold": 5, "health_check_timeout_ms": 5000}
    head = {"num_cpus": 1, "include_dashboard": False, "_system_config": soon, **common}
    nodes = Nodes(initialize_head=True, head_node_args=head)
    nodes.add_node(num_cpus=3, **common)
    ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
    yield nodes
    ray.shutdown()
    nodes.shutdown()
    os.environ.clear()
    os.environ |= before


def go(path, policy, make_sim=FakeSim, *, workers=2, **options):
    """As workers play; the policy by its name."""
    made = policy if isinstance(policy, LoadedPolicy) else load(policy, {})
    return workers_go(path, made, make_sim, workers=workers, **options)


def alone(path, policy, make_sim=FakeSim):
    return go(path, policy, make_sim, cluster=None, workers=None)


@pytest.mark.parametrize(
    "policy", ["helpers.ray_fakes:Scribbler", "helpers.fakes:Counter", "helpers.fakes:Batcher", "helpers.fakes:Oracle"]
)
def test_a_cluster_plays_as_one_process_does(tmp_path, two_nodes, policy):
    whole = alone(tmp_path / "a", policy)
    assert go(tmp_path / "b", policy, cluster=Cluster(replicas=2)) == whole
    assert set(outcomes(whole)) == {"success"}


class Killer:
    """Kills a node once some episodes have ended."""

    def __init__(self, nodes, node, after):
        self.nodes, self.node, self.after = nodes, node, after

    def ended(self, played):
        self.after -= 1
        if self.after == 0:
            self.nodes.remove_node(self.node, allow_graceful=False)


def test_a_run_outlives_a_node(tmp_path, two_nodes):
    node = two_nodes.add_node(num_cpus=3, object_store_memory=STORE_BYTES)
    notes = []
    found = go(
        tmp_path / "b", "helpers.fakes:Batcher", SlowSim, cluster=Cluster(replicas=3), workers=6, notes=notes, retries=1,
        listener=Killer(two_nodes, node, 1),
    )  # fmt: skip
    assert found == alone(tmp_path / "a", "helpers.fakes:Batcher"), notes
    while any(one["Alive"] and one["NodeID"] == node.node_id for one in ray.nodes()):
        time.sleep(0.1)  # until then Ray would start the actors of other tests there, in vain
    # Which episodes and replicas the node had, and whether they ended before it was missed, is not for this test to say.
    said = ("It is played again, elsewhere", "nother one is started.", "An actor could not be closed: ")
    assert all(any(what in note for what in said) for note in notes), notes


@pytest.mark.parametrize("what", ["kill", "grow"])
def test_an_episode_that_lost_its_environment_is_played_again(tmp_path, two_nodes, what):
    notes = []
    sim = trapped(what, tmp_path / "traps")
    found = go(tmp_path / "b", "helpers.fakes:Counter", sim, cluster=Cluster(), workers=2, notes=notes, memory_mb=450)
    assert found == alone(tmp_path / "a", "helpers.fakes:Counter")
    assert len(notes) == 1 and notes[0].startswith(f"{VICTIM.condition} {VICTIM.index}: worker: "), notes


def test_an_episode_that_always_loses_its_environment_is_an_error_and_the_others_go_on(tmp_path, two_nodes):
    found = go(
        tmp_path / "a",
        "helpers.fakes:Counter",
        trapped("kill", tmp_path / "traps", times=9),
        cluster=Cluster(),
        retries=1,
    )
    assert outcomes(found) == ["success", "error", *["success"] * 4]
    assert found[VICTIM.id]["error"].startswith("worker: its environment is gone: ActorDiedError")
    # Where both were lost on one node, there was one more try.
    assert len(list((tmp_path / "traps").iterdir())) in (9 - 2, 9 - 3)


def test_an_error_of_the_simulator_reads_the_same_from_a_cluster(tmp_path, two_nodes):
    ways = [
        go(
            tmp_path / name,
            "helpers.fakes:Counter",
            trapped("fail", tmp_path / f"t{name}", times=9),
            workers=n,
            cluster=where,
        )
        for name, n, where in (("a", None, None), ("b", 2, Cluster()))
    ]
    assert ways[0] == ways[1] and ways[0][VICTIM.id]["error"] == "simulator: RuntimeError: ErrorDeviceLost"


def test_what_the_user_has_to_mend_ends_the_run(tmp_path, two_nodes):
    with pytest.raises(AssetError, match="A mesh is missing"):
        go(tmp_path / "a", "helpers.fakes:Stepper", trapped("complain", tmp_path / "traps"), cluster=Cluster())


def test_a_batch_that_fails_is_the_fault_of_one(tmp_path, two_nodes):
    found = go(tmp_path / "a", "helpers.ray_fakes:Picky", cluster=Cluster())
    assert found == alone(tmp_path / "b", "helpers.ray_fakes:Picky")
    assert outcomes(found).count("error") == 1
    assert found[VICTIM.id]["error"].startswith("policy: KeyError: 'weights' (fakes.py:")


def test_a_policy_that_hangs_is_loaded_again_for_the_other_episodes(tmp_path, two_nodes):
    notes = []
    found = go(tmp_path / "a", "helpers.ray_fakes:Sluggish", cluster=Cluster(), notes=notes, step_s=2.0, retries=0)
    whole = alone(tmp_path / "b", "helpers.fakes:Batcher")
    assert found[VICTIM.id]["error"] == "policy: it took longer than 2 s (--step-timeout)."
    assert {**found, VICTIM.id: 0} == {**whole, VICTIM.id: 0}
    assert set(notes) == {"Policy replica 0 hangs; another one is started."}


def test_a_policy_that_raises_keyboard_interrupt_ends_its_episode_alone(tmp_path, two_nodes):
    found = go(tmp_path, "helpers.ray_fakes:Interrupter", cluster=Cluster())
    assert outcomes(found) == ["success", "error", *["success"] * 4]
    assert found[VICTIM.id]["error"] == "policy: KeyboardInterrupt, but nobody pressed Ctrl-C."


def test_films_come_from_where_the_pictures_are(tmp_path, two_nodes):
    (tmp_path / "films").mkdir()
    go(tmp_path / "run", "helpers.fakes:Stepper", cluster=Cluster(), film=PortableFilm(tmp_path / "films"))
    films = {path.name: path.read_text().split() for path in (tmp_path / "films").iterdir()}
    assert set(films) == set(PLAN.by_id) and {frames for frames, _ in films.values()} == {"5"}
    assert str(os.getpid()) not in {pid for _, pid in films.values()}


def test_a_run_goes_on_elsewhere(tmp_path, two_nodes):
    whole = alone(tmp_path / "a", "helpers.fakes:Batcher")

    class Enough(Exception):
        pass

    class Impatient:
        def ended(self, played):
            raise Enough

    with pytest.raises(Enough):
        go(tmp_path / "b", "helpers.fakes:Batcher", cluster=Cluster(), listener=Impatient())
    assert len((tmp_path / "b" / "episodes.jsonl").read_text().splitlines()) == 1
    assert go(tmp_path / "b", "helpers.fakes:Batcher", cluster=None, workers=2) == whole


def test_the_driver_knows_a_policy_without_loading_it(two_nodes):
    options = ExecutionOptions(executor="ray")
    found = options.load("helpers.ray_fakes:Scribbler", {})
    assert found.policy.spec == {"gripper": "sideways"} and not found.privileged
    assert not hasattr(found.policy, "act_batch") and options.load("helpers.fakes:Oracle", {}).privileged
    with pytest.raises(PolicyError, match="no_such_module cannot be imported"):
        options.load("no_such_module:Policy", {})
    with pytest.raises(PolicyError, match="ends the process that loads it"):
        options.load("helpers.ray_fakes:Unloadable", {})


def test_it_is_said_that_a_policy_waits_for_room(two_nodes, monkeypatch, caplog):
    from vlagen_bench.harness.on_ray import probe_policy

    monkeypatch.setattr(probe_policy, "PATIENCE_S", 0.3)
    ExecutionOptions(executor="ray").load("helpers.ray_fakes:SlowToLoad", {})
    assert "The policy is not loaded yet; free in the cluster: " in caplog.text and "(--policy-gpus)" in caplog.text


def test_null_environments_send_true_messages_and_pictures_pass_the_driver_by(two_nodes):
    from vlagen_bench.diagnostics import bench_scale
    from vlagen_bench.harness.on_ray.null import NullSettings

    load = bench_scale.measure(2, NullSettings(step_s=0.001, reset_s=0.0, steps=8, horizon=4), rounds=3)
    assert load.questions == 2 * load.episodes == 2 * 3
    assert load.question_bytes > 640 * 480 * 3 and load.record_bytes < 10_000
    assert 0 < load.commit_s < load.store_s < load.busy_s < load.wall_s
    assert 0 < load.commits <= load.episodes and 0 < load.own_ms < load.busy_ms


@pytest.mark.sim
@pytest.mark.slow
def test_two_real_environments_record_what_one_process_does(tmp_path):
    words = ["--policy", "expert", "--conditions", "nominal", "--episodes", "2", "--video", "all"]
    for name, more in (("a", ()), ("b", ("--executor", "ray", "--workers", "2"))):
        done = call("vlagen-eval", *words, "--out", name, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    ways = [RunFolder.reading(tmp_path / name).results for name in "ab"]
    assert len(ways[0]) == 2
    for key, record in ways[0].items():
        assert {**record, "timings": 0} == {**ways[1][key], "timings": 0}
        (one, two) = (read_actions(tmp_path / name, key) for name in "ab")
        assert np.array_equal(one[0], two[0]) and one[1] == two[1]
    films = [{path.name: path.read_bytes() for path in (tmp_path / name / "videos").iterdir()} for name in "ab"]
    assert films[0] == films[1] and len(films[0]) == 2
