"""A policy of the user's own is trained by the same algorithms: what is trained, what is saved, and what is refused."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from helpers import own_policy, trained
from helpers.places import TOP
from helpers.trained import HereRollouts, tiny_config
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.train import config, loop, state
from vlagen_bench.train.config import DpoConfig, EvaluationConfig, GrpoConfig, PpoConfig
from vlagen_bench.train.listener import Listener

OWN = {"model": "helpers.own_policy:build", "network": None}
TRAINED = {"down.weight", "up.weight", "critic.last.weight", "critic.last.bias"}


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.setattr(loop, "Rollouts", HereRollouts)


class Stop(Listener):
    def iterated(self, line):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("algorithm", "given"),
    [
        ("ppo", tiny_config(**OWN, iterations=2)),
        ("ppo", tiny_config(**OWN, iterations=2, critic="separate")),
        ("grpo", tiny_config(GrpoConfig, **OWN, iterations=2, group=8, kl_coefficient=0.1)),
        ("dpo", tiny_config(DpoConfig, **OWN, iterations=2, group=8)),
    ],
    ids=["ppo", "ppo with a critic", "grpo", "dpo"],
)
def test_its_adapter_is_trained_and_saved_and_nothing_else_is(algorithm, given, tmp_path):
    done = loop.run(algorithm, given, tmp_path)
    assert done.complete and not done.is_compact
    start, end = load_file(tmp_path / "start.safetensors"), load_file(tmp_path / "policy.safetensors")
    assert start.keys() == end.keys() == TRAINED
    assert not torch.equal(start["up.weight"], end["up.weight"])
    assert not [name for name in load_file(tmp_path / "state.safetensors") if "base" in name or "head" in name]
    with safe_open(tmp_path / "policy.safetensors", framework="pt") as file:
        header = file.metadata()
    assert header["model"] == OWN["model"] and json.loads(header["card"])["trained_by"] == algorithm


def test_it_learns_what_is_right(tmp_path):
    loop.run("ppo", tiny_config(**OWN, iterations=25, lr=3e-2, value_iterations=0), tmp_path)
    rates = [json.loads(line)["success_rate"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert np.mean(rates[:3]) < 0.7 < 0.9 < np.mean(rates[-3:])


@pytest.mark.parametrize("start", ["", "0.1"])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(start, tmp_path):
    given = tiny_config(**OWN, iterations=3, start=start)
    loop.run("ppo", given, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        loop.run("ppo", given, tmp_path / "parts", listener=Stop())
    torch.manual_seed(7)  # what else is drawn in the process must not matter
    assert loop.run("ppo", given, tmp_path / "parts").complete
    whole, parts = (load_file(tmp_path / name / "policy.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in TRAINED)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("build", "does not name a function. Give module:function"),
        ("no_such_module:build", "the module no_such_module cannot be imported"),
        (
            "helpers.broken_policy:build",
            "the module helpers.broken_policy fails while it is imported: ZeroDivisionError",
        ),
        ("helpers.own_policy:failing", "helpers.own_policy:failing fails when it is called with start='': KeyError"),
        ("helpers.own_policy:with_columns", r"its value has the shape \(8, 1\), not \(8,\)"),
        ("helpers.own_policy:turned", r"its logits have the shape \(8, 2, 4, 7\), not \(8, 2, 7, bins\)"),
        ("helpers.own_policy:of_many_tokens", "its logits are of 40000 tokens, and more than 32768 cannot be kept"),
        ("helpers.own_policy:decoding_to_nothing", "its decode gives actions that hold NaN or infinity"),
        ("helpers.own_policy:one_action", r"its decode gives actions of the shape \(7,\), not \(2, 7\)"),
        ("helpers.own_policy:nothing", "helpers.own_policy has no function nothing"),
        ("helpers.own_policy:no_module", "gives something of type int, not a torch.nn.Module"),
        ("helpers.own_policy:headless", "has no critic, decode. `vlagen_bench.train.policy.Policy` says"),
        ("helpers.own_policy:untrainable", "no parameter requires a gradient"),
        ("helpers.own_policy:with_critic_alone", "no parameter requires a gradient, the critic's aside"),
        ("helpers.own_policy:with_a_function_as_critic", "the critic of what .* gives is no torch.nn.Module"),
        ("helpers.own_policy:without_chunk", "chunk=0. cameras is a mapping"),
        ("helpers.own_policy:with_a_strange_config", "the config of what .* gives: AttributeError"),
        ("helpers.own_policy:raising_forward", "its forward fails: IndexError: no such layer"),
        ("helpers.own_policy:raising_decode", "its decode fails: IndexError: no such layer"),
        ("helpers.own_policy:raising_sentence_of", "its sentence_of fails: IndexError: no such layer"),
    ],
)
def test_what_is_no_policy_is_refused(model, says, tmp_path):
    with pytest.raises(ConfigError, match=f"^model: .*{says}"):
        loop.run("ppo", tiny_config(model=model, network=None), tmp_path)


def test_the_rate_rises_though_a_parameter_is_read_by_nothing(tmp_path):
    model = {"model": "helpers.own_policy:with_a_spare", "network": None}
    loop.run("grpo", tiny_config(GrpoConfig, **model, group=8, iterations=8, warmup=10), tmp_path)
    rates = [json.loads(line).get("lr", 0) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert max(rates) == pytest.approx(3e-3)


def test_a_policy_of_which_all_is_frozen_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="frozen: down, up: nothing of the policy is left that can be trained"):
        loop.run("ppo", tiny_config(**OWN, frozen=("down", "up")), tmp_path)


def test_an_optimisers_count_of_steps_comes_back_whatever_the_parameter_is(tmp_path):
    model = nn.ParameterDict({"scale": nn.Parameter(torch.ones((), dtype=torch.bfloat16))})
    optimizer, again = torch.optim.AdamW(model.values()), torch.optim.AdamW(model.values())
    for _ in range(259):  # which bfloat16 does not know
        model["scale"].grad = torch.ones_like(model["scale"])
        optimizer.step()
    state.save(tmp_path / "state.safetensors", model, optimizer, state.Counters(), {})
    state.load(tmp_path / "state.safetensors", model, again)
    assert [float(one["step"]) for one in again.state.values()] == [259.0]


def test_sentences_of_other_shapes_are_refused(tmp_path, monkeypatch):
    told = iter(["open it", "open the gripper", *["open it"] * 1000])
    monkeypatch.setattr(trained.ChoiceSim, "instruction", property(lambda sim: next(told)))
    with pytest.raises(
        ConfigError, match=r"model: its sentence_of gives the shape \(16,\) of one instruction and \(7,\) of"
    ):
        loop.run("ppo", tiny_config(model="helpers.own_policy:with_words_of_any_length", network=None), tmp_path)


def test_a_policy_whose_numbers_are_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="logits or values hold NaN or infinity"):
        loop.run("ppo", tiny_config(model="helpers.own_policy:without_value", network=None), tmp_path)


def test_a_policy_of_bfloat16_weights_is_trained(tmp_path):
    loop.run("ppo", tiny_config(model="helpers.own_policy:of_bfloat16", network=None, iterations=1), tmp_path)
    end = load_file(tmp_path / "policy.safetensors")
    assert {tensor.dtype for tensor in end.values()} == {torch.bfloat16}


def test_a_wrong_name_leaves_a_folder_that_the_right_one_may_take(tmp_path):
    with pytest.raises(ConfigError, match="has no function bild"):
        loop.run("ppo", tiny_config(model="helpers.own_policy:bild", network=None, iterations=1), tmp_path)
    assert loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path).complete


def test_a_configuration_of_another_program_is_left_alone(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(RunError, match="another `"):
        loop.run("ppo", tiny_config(**OWN), tmp_path)
    assert (tmp_path / "config.json").read_text() == '{"model_type": "llama"}'


def test_a_damaged_policy_of_a_run_that_is_done_is_written_again(tmp_path):
    loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)
    policy = tmp_path / "policy.safetensors"
    whole = policy.read_bytes()
    for damaged in (whole[:-10], b""):
        policy.write_bytes(damaged)
        loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)
        assert policy.read_bytes() == whole


def test_a_run_whose_start_is_gone_is_refused(tmp_path):
    loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)
    (tmp_path / "start.safetensors").unlink()
    with pytest.raises(RunError, match=r"start\.safetensors is gone"):
        loop.run("ppo", tiny_config(**OWN, iterations=2), tmp_path)


def test_a_damaged_line_of_the_log_is_a_sentence(tmp_path):
    loop.run("ppo", tiny_config(**OWN, iterations=2), tmp_path)
    log = tmp_path / "log.jsonl"
    for line in ("what is this", "[]", "{}"):
        log.write_text(f"{line}\n" + log.read_text().splitlines(keepends=True)[-1])
        with pytest.raises(RunError, match=r"log\.jsonl, line 1, is damaged"):
            loop.run("ppo", tiny_config(**OWN, iterations=3), tmp_path)


def test_a_run_whose_state_is_gone_begins_again_and_has_each_line_once(tmp_path):
    given = tiny_config(**OWN, iterations=2)
    loop.run("ppo", given, tmp_path)
    (tmp_path / "state.safetensors").unlink()
    loop.run("ppo", given, tmp_path)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == [1, 2]


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"', "{"])
def test_a_damaged_configuration_of_a_run_is_a_sentence(text, tmp_path):
    loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunError, match=r"config\.json is damaged"):
        loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)


def test_it_has_no_sizes_of_the_compact_policy_and_no_scores_while_it_is_trained():
    with pytest.raises(ConfigError, match="network: these are sizes of the compact policy"):
        tiny_config(model=OWN["model"])
    with pytest.raises(ConfigError, match="the compact policy alone is scored during training"):
        tiny_config(**OWN, evaluation=EvaluationConfig(every=2))


def test_a_run_goes_on_with_the_same_model_only(tmp_path, monkeypatch):
    loop.run("ppo", tiny_config(**OWN, iterations=1), tmp_path)
    with pytest.raises(RunError, match="another `model`"):
        loop.run("ppo", tiny_config(model="helpers.own_policy:other", network=None), tmp_path)
    monkeypatch.setattr(own_policy.Own, "__init__", _wider)
    with pytest.raises(RunError, match="it has other trained parameters than the model"):
        loop.run("ppo", tiny_config(**OWN, iterations=2), tmp_path)


def _wider(self, made=own_policy.Own.__init__):
    made(self)
    self.base.requires_grad_(True)


def test_a_run_from_before_there_was_such_a_key_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("vlagen_bench.policies.compact.sentences.vectors", trained.same_vectors)
    loop.run("ppo", tiny_config(iterations=1), tmp_path)
    path = tmp_path / "config.json"
    kept = json.loads(path.read_text())
    assert kept.pop("model") == "" and kept.pop("device") == "cpu"
    path.write_text(json.dumps(kept))
    assert loop.run("ppo", tiny_config(iterations=2), tmp_path).complete
    path.write_text(json.dumps(kept))
    with pytest.raises(RunError, match=r"another `model`: '', not 'helpers.own_policy:build'"):
        loop.run("ppo", tiny_config(**OWN), tmp_path)


def test_the_configuration_of_the_page_is_one(tmp_path):
    page = (TOP / "docs" / "train_large.md").read_text(encoding="utf-8")
    (tmp_path / "large.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    read = config.read(PpoConfig, "ppo", str(tmp_path / "large.yaml"))
    assert (read.model, read.device, read.minibatch) == ("my_policy:build", "cuda", 8)
