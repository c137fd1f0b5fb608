"""Runs of reinforcement learning: going on after an interruption, and the files that are left."""

import dataclasses
import json

import pytest
import torch

from helpers import trained
from helpers.trained import HereRollouts, tiny_config
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies.compact import checkpoint, sentences
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import loop, state
from vlagen_bench.train.config import DpoConfig, GrpoConfig, PpoConfig
from vlagen_bench.train.listener import Listener
from vlagen_bench.train.run_folder import TrainFolder
from vlagen_bench.utils.paths import tasks_dir

KINDS = {"ppo": PpoConfig, "grpo": GrpoConfig, "dpo": DpoConfig}


class Interrupted(Exception):
    """In place of Ctrl-C."""


class After(Listener):
    """Interrupts a run after so many iterations, or within the next one."""

    def __init__(self, iterations, within=False):
        self.iterations, self.within, self.done = iterations, within, 0

    def played(self, ended, total):
        if self.within and self.done == self.iterations and ended > 3:
            raise Interrupted

    def iterated(self, line):
        self.done = line["iteration"]
        if not self.within and self.done == self.iterations:
            raise Interrupted


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.setattr(loop, "Rollouts", HereRollouts)
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


def config_of(algorithm, **changes):
    more = {} if algorithm == "ppo" else {"group": 8}
    return tiny_config(KINDS[algorithm], **(more | {"adaptive": True, "kl_stop": 0.02} | changes))


def lines(path):
    """The log without times."""
    return [
        {key: value for key, value in line.items() if not key.endswith("_s")} for line in TrainFolder(path=path).lines()
    ]


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("algorithm", KINDS)
def test_an_interrupted_run_ends_as_one_that_was_not(algorithm, within, tmp_path):
    config, whole, parts = config_of(algorithm), tmp_path / "whole", tmp_path / "parts"
    loop.run(algorithm, config, whole)
    for done in (1, 2):
        with pytest.raises(Interrupted):
            loop.run(algorithm, config, parts, listener=After(done, within))
        torch.rand(7)  # what happens in between does not matter
    assert loop.run(algorithm, config, parts).complete
    model = {folder: _weights(folder / "policy.safetensors") for folder in (whole, parts)}
    assert model[whole].keys() == model[parts].keys()
    assert all(torch.equal(tensor, model[parts][name]) for name, tensor in model[whole].items())
    assert lines(whole) == lines(parts)
    assert [line["iteration"] for line in lines(parts)] == [1, 2, 3]


def _weights(path):
    return checkpoint.load(path)[0].state_dict()


@pytest.mark.parametrize("lost", ["whole line", "half of it"])
def test_a_line_that_the_log_lost_comes_back_once(lost, tmp_path):
    """The process may end between the state and the log, or within a write."""
    config = config_of("ppo")
    with pytest.raises(Interrupted):
        loop.run("ppo", config, tmp_path, listener=After(2))
    folder = TrainFolder(path=tmp_path)
    before, text = lines(tmp_path), folder.log.read_text()
    last = text.splitlines(keepends=True)[-1]
    folder.log.write_text(text.removesuffix(last) + ("" if lost == "whole line" else last[:9]))
    loop.run("ppo", config, tmp_path)
    assert lines(tmp_path)[:2] == before
    assert [line["iteration"] for line in lines(tmp_path)] == [1, 2, 3]


def test_a_run_that_is_done_goes_on_if_there_are_more_iterations(tmp_path):
    longer = config_of("ppo")
    loop.run("ppo", dataclasses.replace(longer, iterations=1), tmp_path / "a")
    loop.run("ppo", longer, tmp_path / "a")
    loop.run("ppo", longer, tmp_path / "b")
    assert lines(tmp_path / "a") == lines(tmp_path / "b")


def test_a_run_of_another_configuration_is_refused(tmp_path):
    loop.run("ppo", config_of("ppo", iterations=1), tmp_path)
    with pytest.raises(RunError, match=r"another `temperature`: 1.0, not 0.5"):
        loop.run("ppo", config_of("ppo", temperature=0.5), tmp_path)
    with pytest.raises(RunError, match="another `algorithm`"):
        loop.run("grpo", config_of("grpo"), tmp_path)


def test_a_run_does_not_go_on_with_a_distribution_that_was_written_over(tmp_path):
    path = tmp_path / "mine.yaml"
    text = (tasks_dir() / "distributions" / "words.yaml").read_text().replace("name: words", "name: mine")
    path.write_text(text)
    rollouts = dataclasses.replace(config_of("ppo").rollouts, distribution=str(path))
    loop.run("ppo", config_of("ppo", rollouts=rollouts, iterations=1), tmp_path / "run")
    path.write_text(text.replace("alone: {count: 4}", "alone: {count: 5}"))
    with pytest.raises(RunError, match="begun with another distribution: "):
        loop.run("ppo", config_of("ppo", rollouts=rollouts), tmp_path / "run")
    path.write_text("# The same in other words.\n" + text)
    assert loop.run("ppo", config_of("ppo", rollouts=rollouts), tmp_path / "run").complete


def test_workers_and_threads_may_change_when_a_run_goes_on(tmp_path):
    first = config_of("ppo", iterations=1)
    loop.run("ppo", first, tmp_path)
    rollouts = dataclasses.replace(first.rollouts, workers=2)
    assert loop.run("ppo", config_of("ppo", threads=2, rollouts=rollouts), tmp_path).complete
    with pytest.raises(RunError, match=r"another `rollouts\.episodes`: 32, not 16"):
        loop.run("ppo", config_of("ppo", rollouts=dataclasses.replace(first.rollouts, episodes=16)), tmp_path)


def test_the_policy_of_a_run_that_was_interrupted_can_be_played(tmp_path):
    with pytest.raises(Interrupted):
        loop.run("ppo", config_of("ppo"), tmp_path, listener=After(1))
    assert checkpoint.load(TrainFolder(path=tmp_path).policy)[1].name.endswith("-1")


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(RunError, match="holds other things"):
        loop.run("ppo", config_of("ppo"), tmp_path)


def test_a_robot_that_takes_other_actions_is_refused(tmp_path):
    path = tmp_path / "pick.yaml"
    path.write_text("name: pick\nversion: 1\ntask: PickCube-v1\nseed: 2000000\nparts: {alone: {count: 1}}\n")
    rollouts = dataclasses.replace(config_of("ppo").rollouts, distribution=str(path))
    with pytest.raises(ConfigError, match=r"robot of PickCube-v1 takes actions of 8 numbers, and .* give 7"):
        loop.run("ppo", config_of("ppo", rollouts=rollouts), tmp_path / "run")


def test_a_network_for_another_robot_is_refused(tmp_path):
    network = dataclasses.replace(trained.TINY, state_dim=14)
    with pytest.raises(ConfigError, match="state has 15 numbers, and the policy is made for 14"):
        loop.run("ppo", config_of("ppo", network=network), tmp_path)


def test_a_damaged_state_is_a_sentence(tmp_path):
    loop.run("ppo", config_of("ppo", iterations=1), tmp_path)
    TrainFolder(path=tmp_path).state.write_bytes(b"nothing")
    with pytest.raises(RunError, match="is damaged"):
        loop.run("ppo", config_of("ppo", iterations=2), tmp_path)


def test_an_update_that_makes_no_numbers_is_not_kept(tmp_path):
    loop.run("ppo", config_of("ppo", iterations=1, lr=1e30), tmp_path)  # in which the critic alone is trained
    folder = TrainFolder(path=tmp_path)
    before = {path: path.read_bytes() for path in (folder.state, folder.policy, folder.log)}
    for _ in range(2):
        with pytest.raises(RunError, match=r"iteration 2 made weights that are NaN or infinite, and is not kept"):
            loop.run("ppo", config_of("ppo", lr=1e30), tmp_path)
        assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_run_that_ends_between_its_files_has_the_policy_of_its_last_iteration(algorithm, tmp_path, monkeypatch):
    config = config_of(algorithm)
    loop.run(algorithm, config, tmp_path / "whole")
    save = checkpoint.save

    def last_is_lost(path, network, card, **more):
        if path.name == "policy.safetensors" and card.name.endswith("-3"):
            raise Interrupted
        save(path, network, card, **more)

    monkeypatch.setattr(checkpoint, "save", last_is_lost)
    with pytest.raises(Interrupted):
        loop.run(algorithm, config, tmp_path / "parts")
    monkeypatch.setattr(checkpoint, "save", save)
    loop.run(algorithm, config, tmp_path / "parts")
    whole, parts = (_weights(tmp_path / name / "policy.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(tensor, parts[name]) for name, tensor in whole.items())


@pytest.mark.parametrize("largest_bytes", [20_000, 250_000], ids=["policy", "state"])
def test_a_full_disk_is_a_sentence_and_the_run_goes_on_once_there_is_room(largest_bytes, tmp_path):
    config = config_of("ppo")
    loop.run("ppo", config, tmp_path / "whole")
    sizes = [(tmp_path / "whole" / f"{name}.safetensors").stat().st_size for name in ("policy", "state")]
    assert 20_000 < sizes[0] < 250_000 < sizes[1]
    with (
        trained.FullDisk(1, largest_bytes) as full,
        pytest.raises(RunError, match=r"parts cannot be written: .*make room"),
    ):
        loop.run("ppo", config, tmp_path / "parts", listener=full)
    loop.run("ppo", config, tmp_path / "parts")
    whole, parts = (_weights(tmp_path / name / "policy.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(tensor, parts[name]) for name, tensor in whole.items())
    assert lines(tmp_path / "whole") == lines(tmp_path / "parts")


def test_time_that_is_up_ends_a_run_that_can_go_on(tmp_path):
    config = config_of("ppo")
    assert not loop.run("ppo", config, tmp_path, minutes=1e-9).complete
    assert loop.run("ppo", config, tmp_path).complete


def test_the_seed_decides_what_is_played_and_learned(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        loop.run("ppo", config_of("ppo", seed=seed, iterations=2), tmp_path / name)
    assert lines(tmp_path / "a") == lines(tmp_path / "b") != lines(tmp_path / "c")


def test_the_policy_says_what_it_was_trained_by(tmp_path):
    loop.run("ppo", config_of("ppo", temperature=0.7), tmp_path / "ppo")
    start = str(tmp_path / "ppo" / "policy.safetensors")
    loop.run("grpo", config_of("grpo", start=start, network=None, temperature=0.7), tmp_path / "grpo")
    _, card = checkpoint.load(tmp_path / "grpo" / "policy.safetensors")
    steps = [lines(tmp_path / name)[-1]["control_steps"] for name in ("ppo", "grpo")]
    assert (card.trained_by, card.rl_steps, card.temperature) == ("ppo, grpo", sum(steps), 0.7)


def test_what_a_release_says_of_its_weights_is_not_said_of_those_that_are_trained_from_it(tmp_path):
    start = tmp_path / "released.safetensors"
    card = checkpoint.ModelCard(name="reference-sft", origin="stage sft", licence="MIT", expected="75%")
    checkpoint.save(start, CompactNetwork(trained.TINY), card, precision="float16")
    loop.run("ppo", config_of("ppo", start=str(start), network=None, iterations=1), tmp_path / "ppo")
    _, trained_card = checkpoint.load(tmp_path / "ppo" / "policy.safetensors")
    said = (trained_card.origin, trained_card.licence, trained_card.expected, trained_card.storage)
    assert said == ("", "", "", "float32")


def test_the_state_holds_no_pickle(tmp_path):
    loop.run("ppo", config_of("ppo", iterations=1), tmp_path)
    raw = TrainFolder(path=tmp_path).state.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert header["__metadata__"]["format"] == state.FORMAT
    assert {name.partition(".")[0] for name in header} == {"__metadata__", "model", "optimiser"}
