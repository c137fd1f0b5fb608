"""The examples: each file of the folder is executed as a reader would do it."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import vlagen_bench
from helpers import outside, pages
from helpers.commands import call
from helpers.places import TOP
from vlagen_bench.policies import base

EXAMPLES = TOP / "examples"
SCRIPTS = Path(sys.executable).parent
ENVIRONMENT = os.environ | {
    "PATH": os.pathsep.join((str(SCRIPTS), os.environ["PATH"])),
    "PYTHONPATH": os.pathsep.join(filter(None, (str(TOP), os.environ.get("PYTHONPATH")))),
}
OBSERVATION = {
    "image": np.zeros((256, 256, 3), np.uint8),
    "state": np.linspace(0, 1, 15, dtype=np.float32),
    "images": {},
    "episode_id": "0" * 16,
}


@contextlib.contextmanager
def openpi_server():
    """The example server as a process; its address."""
    command = [sys.executable, str(EXAMPLES / "openpi_server.py"), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = server.stdout.readline()
        found = re.search(r"ws://\S+", line)
        assert found, line
        yield found.group()
    finally:
        server.kill()
        server.communicate()


def read_along(name, home):
    """Carries out the README of an example folder in a copy under `home`; what its Python blocks print."""
    shutil.copytree(EXAMPLES / name, home / "examples" / name, ignore=shutil.ignore_patterns("__pycache__"))
    printed = ""
    for block in pages.blocks((EXAMPLES / name / "README.md").read_text(encoding="utf-8")):
        assert block.kind in ("sh", "python")
        if block.kind == "python":
            done = outside.python(block.body, home)
            assert done.returncode == 0, done.stdout + done.stderr
            printed += done.stdout
        for words in block.lines if block.kind == "sh" else ():
            done = call(*words, cwd=home, PYTHONPATH=ENVIRONMENT["PYTHONPATH"])
            assert done.returncode == 0, shlex.join(words) + done.stdout + done.stderr
    return printed


def episodes_with(name, run):
    """The episodes of a run that was played with an example folder."""
    with outside.forgotten():
        vlagen_bench.register_path(EXAMPLES / name)
        return vlagen_bench.load_run(run).episodes


def test_every_example_has_a_test():
    own = Path(__file__).read_text(encoding="utf-8")
    files = [path.name for path in EXAMPLES.iterdir() if path.name not in ("README.md", "__pycache__")]
    assert files and all(f'"{name}"' in own for name in files), files
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"({name})" in index for name in files), files


@pytest.mark.sim
def test_a_worsened_expert_is_an_oracle_that_misses(tmp_path):
    """The example is "worsened_expert.py"; an error of 0 is the expert itself, and the same error is the same run."""
    name = str(EXAMPLES / "worsened_expert.py") + ":WorsenedExpert"
    common = {"conditions": ["nominal"], "episodes": 1, "video": "none", "resume": False}
    runs = {
        out: vlagen_bench.evaluate(name, policy_args={"error_m": error}, out=tmp_path / out, **common)
        for out, error in {"whole": 0.0, "bad": 0.2, "again": 0.2}.items()
    }
    assert all(run.header["oracle"] for run in runs.values())
    progress = {out: run.episodes["metric_progress"].tolist() for out, run in runs.items()}
    assert progress["whole"] == [1.0] and progress["bad"][0] < 1.0 and progress["again"] == progress["bad"]


def test_the_openpi_server_answers_in_its_protocol():
    with openpi_server() as address:
        policy = base.load(address, {}).policy
        try:
            assert policy.spec["gripper"] == "plus_one_open"
            actions = policy.act(OBSERVATION, "put the apple on the plate")
            assert actions.shape == (8, 7) and actions.dtype == np.float32
            assert np.isclose(actions[0, 2], (0.25 - OBSERVATION["state"][2]) / 8)
        finally:
            policy.close()


@pytest.mark.sim
@pytest.mark.slow
def test_the_openpi_server_plays_an_episode(tmp_path):
    out = tmp_path / "run"
    with openpi_server() as address:
        options = ["--conditions", "nominal", "--episodes", "1", "--video", "none", "--out", str(out)]
        command = [SCRIPTS / "vlagen-eval", "--policy", address, *options]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (episode,) = vlagen_bench.load_run(out).episodes.itertuples()
    assert episode.outcome == "failure" and episode.steps == 80


@pytest.mark.sim
@pytest.mark.slow
def test_an_object_is_evaluated_in_python(tmp_path):
    options = ["--epochs", "2", "--episodes", "1", "--out", str(tmp_path)]
    command = [sys.executable, str(EXAMPLES / "evaluate_in_python.py"), *options]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = [vlagen_bench.load_run(tmp_path / f"epoch-{epoch}") for epoch in range(2)]
    assert all(run.complete and len(run.episodes) == 2 for run in runs)
    assert f"best: {tmp_path}" in done.stdout and "report.html" in done.stdout


@pytest.mark.sim
@pytest.mark.slow
def test_stable_baselines3_trains_and_is_evaluated(tmp_path):
    options = ["--steps", "16", "--envs", "2", "--episodes", "1", "--conditions", "nominal"]
    command = [sys.executable, str(EXAMPLES / "train_sb3.py"), *options]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = vlagen_bench.load_run(tmp_path / "ppo-run")
    assert run.complete and list(run.table.index) == ["nominal"]
    assert run.header["policy"]["name"] == "vlagen_bench.envs.policy:TrainedPolicy"
    assert "report.html" in done.stdout


@pytest.mark.sim
@pytest.mark.slow
def test_stable_baselines3_trains_on_a_task_of_maniskill_and_is_scored_as_an_oracle(tmp_path):
    options = ["--steps", "16", "--every", "1000", "--held-out", "1", "--axes", "mass:3", "--episodes", "1"]
    command = [sys.executable, str(EXAMPLES / "train_any_task.py"), *options]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    curve = (tmp_path / "push.csv").read_text().splitlines()
    assert curve[0] == "steps,wall_s,cpu_s,episodes,solved" and [line.split(",")[0] for line in curve[1:]] == [
        "0",
        "16",
    ]
    run = vlagen_bench.load_run(tmp_path / "push-run")
    assert run.complete and list(run.table.index) == ["mass_l3"] and len(run.episodes) == 2
    assert run.header["oracle"] and run.header["policy"]["arguments"]["obs_mode"] == "state"
    assert "report.html" in done.stdout


@pytest.mark.sim
@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(tmp_path, monkeypatch):
    for name in ("PATH", "PYTHONPATH"):
        monkeypatch.setenv(name, ENVIRONMENT[name])
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"image/png", "text/html"} <= kinds


def test_the_notebook_is_kept_without_outputs():
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert not any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.sim
@pytest.mark.slow
def test_an_own_axis_and_suite_are_played_from_their_folder(tmp_path):
    printed = read_along("own_axis", tmp_path)
    assert "ambient" in printed and "lights" in printed
    episodes = episodes_with("own_axis", tmp_path / "runs" / "light")
    assert set(episodes.condition) == {"nominal", "light_colour_l5"}


def test_an_own_axis_draws_its_direction_whatever_the_level():
    with outside.forgotten():
        vlagen_bench.register_path(EXAMPLES / "own_axis")
        plan = vlagen_bench.make_plan("light-colour", conditions=["light_colour_l1", "light_colour_l5"], episodes=8)
    warm = {"light_colour_l1": [], "light_colour_l5": []}
    for episode in plan.episodes:
        if "light_colour" in episode.values:  # its twin has none
            red, _, blue = episode.values["light_colour"]["ambient"]
            warm[episode.condition].append(red > blue)
    assert set(warm["light_colour_l5"]) == {True, False} and warm["light_colour_l1"] == warm["light_colour_l5"]


@pytest.mark.sim
@pytest.mark.slow
def test_an_own_kind_of_task_is_played_from_its_folder(tmp_path):
    printed = read_along("own_task", tmp_path)
    assert "closer to the robot" in printed and "never_reached" in printed
    episodes = episodes_with("own_task", tmp_path / "runs" / "fetch")
    assert len(episodes) == 4 and set(episodes.outcome) == {"success"}
    assert (episodes.metric_nearer_m >= 0.08).all()


def test_the_lerobot_example_tells_the_drop_of_matched_arms(tmp_path):
    """The folder is "lerobot"; tests/policies/adapters/test_lerobot_itself.py plays it where LeRobot is."""
    files = []
    for arm, successes in (("perturbed", [0, 0, 1, 0, 0, 0, 0, 0]), ("clean", [1, 1, 1, 0, 1, 1, 1, 1])):
        files.append(tmp_path / f"{arm}.json")
        files[-1].write_text(json.dumps({"per_task": [{"metrics": {"successes": list(map(bool, successes))}}]}))
    command = [sys.executable, str(EXAMPLES / "lerobot" / "drops.py"), *map(str, files)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("clean 87.5%, perturbed 12.5% of 8 episodes\ndrop +75.0%, 95 % interval +")


@pytest.mark.sim
@pytest.mark.slow
def test_vla_eval_plays_a_condition_and_its_clean_twin(tmp_path, monkeypatch):
    """The folder is "vla_eval"."""
    harness = pytest.importorskip("vla_eval", reason="vla-eval is not installed: pip install vla-eval")
    from vla_eval.model_servers.predict import PredictModelServer

    monkeypatch.syspath_prepend(str(EXAMPLES / "vla_eval"))
    seen = []

    class Still(PredictModelServer):
        def predict(self, obs, ctx):
            seen.append((obs["task_description"], float(obs["images"]["primary"].mean()), obs["states"][:3].tolist()))
            return {"actions": np.array([0, 0, 0, 0, 0, 0, -1.0], np.float32)}

        def get_action_spec(self):
            return vlagen_benchmark.VlagenBenchmark().get_action_spec()

        def get_observation_spec(self):
            return {}

    import vlagen_benchmark

    config = {
        "output_dir": str(tmp_path),
        "benchmarks": [
            {
                "benchmark": "vlagen_benchmark:VlagenBenchmark", "mode": "sync", "episodes_per_task": 1, "max_steps": 4,
                "params": {"conditions": ["lighting_l3"], "send_state": True},
            }
        ],
    }  # fmt: skip
    (result,) = harness.evaluate(Still(), config, no_save=True)
    assert [(task["task"], task["mean_success"]) for task in result["tasks"]] == [
        ("lighting_l3", 0.0), ("lighting_l3 clean", 0.0),
    ]  # fmt: skip
    (told, perturbed, at), (told_clean, clean, at_clean) = seen[0], seen[4]
    assert told == told_clean and at == at_clean and abs(perturbed - clean) > 2
