"""Imitation: its losses on cases with known answers, and a trainer that goes on exactly where it was."""

import dataclasses
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch

from helpers.shown import GROUNDING, SMALL, Shown, memory_of_reading
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.harness import loggers
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import imitation, sft
from vlagen_bench.train.frames import frames_of
from vlagen_bench.train.grounding import Still
from vlagen_bench.train.listener import Listener
from vlagen_bench.train.sft_config import CollectConfig, SftConfig
from vlagen_bench.train.trainer import Trainer


def test_the_loss_of_tokens_is_the_logarithm_of_their_number_where_nothing_is_known():
    logits, tokens = torch.zeros(2, 4, 7, 256), torch.full((2, 4, 7), 128)
    assert imitation.token_loss(logits, tokens, torch.ones(2, 4, dtype=torch.bool)).item() == pytest.approx(np.log(256))


def test_tokens_that_are_no_labels_do_not_count():
    logits = torch.randn(2, 4, 7, 256, generator=torch.Generator().manual_seed(0))
    tokens, is_label = torch.full((2, 4, 7), 100), torch.zeros(2, 4, dtype=torch.bool)
    assert imitation.token_loss(logits, tokens, is_label).item() == 0.0
    is_label[1, 2] = True
    alone = imitation.token_loss(logits[1:, 2:3], tokens[1:, 2:3], torch.ones(1, 1, dtype=torch.bool))
    assert imitation.token_loss(logits, tokens, is_label).item() == pytest.approx(alone.item())


def test_the_best_answer_is_the_label_and_its_neighbours_are_nearly_as_good():
    tokens, is_label = torch.full((1, 1, 7), 100), torch.ones(1, 1, dtype=torch.bool)

    def loss(bin_number: int) -> float:
        logits = torch.zeros(1, 1, 7, 256)
        logits[..., bin_number] = 5.0
        return imitation.token_loss(logits, tokens, is_label).item()

    assert loss(100) < loss(101) < loss(104) < loss(120)


def test_a_wider_blur_wants_a_wider_answer():
    tokens, is_label = torch.full((1, 1, 7), 100), torch.ones(1, 1, dtype=torch.bool)

    def loss(spread: float, sigma: float) -> float:
        logits = -0.5 * ((torch.arange(256) - 100.0) / spread).square().expand(1, 1, 7, 256)
        return imitation.token_loss(logits, tokens, is_label, sigma=sigma).item()

    assert loss(8.0, 8.0) < loss(2.0, 8.0) and loss(2.0, 2.0) < loss(8.0, 2.0)


@pytest.mark.parametrize("blur", [0.0, -1.0, float("nan"), float("inf")])
def test_a_blur_of_nothing_or_everything_is_refused(blur):
    with pytest.raises(ConfigError, match="blur_bins: more than 0"):
        SftConfig(collect=CollectConfig(episodes=1), blur_bins=blur)


def test_the_blur_of_the_configuration_is_that_of_the_loss():
    frames, network = frames_of([Shown(4)], SMALL), CompactNetwork(SMALL)
    losses = [
        sft._loss(network, frames=frames, rows=np.arange(4), config=config(blur_bins=blur))[1]["token_loss"]
        for blur in (0.5, 0.5, 20.0)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_a_heatmap_that_points_at_the_place_has_the_least_loss():
    def maps(x: int, y: int) -> torch.Tensor:
        heat = torch.zeros(1, 2, 8, 8)
        heat[..., y, x] = 8.0
        return heat

    points = torch.tensor([[[(2 + 0.5) / 8, (5 + 0.5) / 8]] * 2])
    assert imitation.place_loss(maps(2, 5), points) < imitation.place_loss(maps(3, 5), points)
    assert imitation.place_loss(maps(2, 5), points) < imitation.place_loss(maps(5, 2), points)
    assert imitation.place_error_px(100 * maps(2, 5), points, 32).max() < 1e-3
    assert imitation.place_error_px(100 * maps(4, 5), points, 32)[0, 0] == pytest.approx(8.0, abs=1e-3)


def test_places_that_are_unknown_or_outside_do_not_count():
    heat = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    points = torch.tensor([[[np.nan, np.nan], [1.2, 0.5]]])
    assert imitation.place_loss(heat, points).item() == 0.0


def test_frames_hold_all_episodes_in_order():
    frames = frames_of([Shown(5), Shown(3, words="put the lemon on the tray")], SMALL)
    assert len(frames) == 8 and frames.episode.tolist() == [0] * 5 + [1] * 3
    assert frames.sentence.tolist() == [0] * 5 + [1] * 3 and frames.sentences.shape == (2, 384)
    assert frames.points[0, 0].tolist() == [0.25, 0.25] and np.isnan(frames.points[:, 1]).all()


def test_pictures_are_those_of_their_rows_in_any_order():
    shown = [Shown(5), Shown(1), Shown(3, words="put the lemon on the tray")]
    frames, rows = frames_of(shown, SMALL), np.array([8, 0, 5, 4, 5, 6])
    for name in SMALL.cameras:
        whole = np.concatenate([one.images[name] for one in shown])
        assert len(frames.images[name]) == 9
        assert np.array_equal(frames.batch(rows).images[name].numpy(), whole[rows])


@pytest.mark.parametrize("change", [lambda one: one[..., :1], lambda one: one.astype(np.float32)])
def test_pictures_that_are_no_uint8_rgb_are_refused(change):
    shown = Shown(2)
    shown.images = {name: change(pictures) for name, pictures in shown.images.items()}
    with pytest.raises(ConfigError, match=r"Give uint8 \(frames, side, side, 3\)"):
        frames_of([shown], SMALL)


@pytest.mark.slow
def test_pictures_are_packed_in_memory_and_never_there_at_once_as_they_are():
    """Half of each can be packed. In a process of its own: the peak of memory of this one is also that of the tests before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        peak, end = pool.submit(memory_of_reading, 300).result()
    assert 150 < end <= peak < 0.6 * 300


def test_a_chunk_is_learnt_as_far_as_it_is_within_the_episode():
    assert frames_of([Shown(5)], SMALL).is_label.sum(1).tolist() == [4, 4, 3, 2, 1]


def test_what_the_beginner_did_before_a_takeover_is_not_learnt():
    assert frames_of([Shown(6, others=3)], SMALL).is_label.sum(1).tolist() == [0, 0, 0, 3, 2, 1]


def test_stills_have_places_and_no_labels():
    shown = Shown(1)
    still = Still(images=shown.images, state=shown.state, instruction=shown.instruction, privileged=shown.privileged)
    frames = frames_of([Shown(2), still], SMALL)
    assert frames.is_label.sum(1).tolist() == [2, 1, 0] and frames.episode.tolist() == [0, 0, 1]
    assert frames.points[2, 0].tolist() == [0.25, 0.25]


def test_each_round_goes_through_all_rows_once():
    seen = np.concatenate([sft.rows_of(0, iteration, 12, 4, "x") for iteration in range(3)])
    assert sorted(seen) == list(range(12))
    assert sft.rows_of(0, 5, 12, 4, "x").tolist() == sft.rows_of(0, 5, 12, 4, "x").tolist()


def config(**other) -> SftConfig:
    return SftConfig(
        demonstrations=("nowhere",), network=SMALL, iterations=6, batch=4, log_every=1, save_every=2, warmup=2, threads=1,
        **other,
    )  # fmt: skip


class Interrupted(Exception):
    pass


class Until(Listener):
    """Interrupts a run after an iteration."""

    def __init__(self, iteration: int | None) -> None:
        self.iteration = iteration

    def iterated(self, line):
        if line["iteration"] == self.iteration:
            raise Interrupted


@pytest.fixture
def sources(monkeypatch):
    """Two demonstrations of nothing, and a few stills."""
    shown = [Shown(9), Shown(7, words="put the lemon on the tray")]
    still = [
        Still(images=one.images, state=one.state, instruction="x", privileged=one.privileged) for one in (Shown(1),)
    ]
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: frames_of(shown, SMALL))
    monkeypatch.setattr(sft.sources, "stills", lambda *_: frames_of(still * 5, SMALL))


@pytest.mark.parametrize("after", [1, 3, 5, 7, 9, 10])
def test_an_interrupted_training_ends_as_an_uninterrupted_one_bit_for_bit(tmp_path, sources, after):
    whole, parts = config(grounding=GROUNDING), tmp_path / "a" / "run"
    sft.run(whole, tmp_path / "b" / "run")
    with pytest.raises(Interrupted):
        sft.run(whole, parts, listener=Until(after))
    assert sft.run(whole, parts).complete
    (one, card), (other, other_card) = (
        checkpoint.load(folder / "policy.safetensors") for folder in (parts, tmp_path / "b" / "run")
    )
    assert card == other_card  # files differ, since safetensors orders its header as it likes
    assert all(torch.equal(mine, yours) for mine, yours in zip(one.parameters(), other.parameters(), strict=True))
    lines = [json.loads(line) for line in (parts / "log.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in lines] == list(range(1, 11))
    assert [line["stage"] for line in lines] == ["grounding"] * 4 + ["imitation"] * 6


def test_a_finished_training_is_not_done_again(tmp_path, sources, monkeypatch):
    sft.run(config(), tmp_path / "run")
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: pytest.fail("they are read again"))
    again = sft.run(config(), tmp_path / "run")
    assert again.complete and again.iterations == 6


def test_a_run_of_another_configuration_is_refused(tmp_path, sources):
    sft.run(config(), tmp_path / "run")
    with pytest.raises(RunError, match="another `seed`"):
        sft.run(config(seed=1), tmp_path / "run")


def test_the_numbers_go_where_the_configuration_says_too(tmp_path, sources, monkeypatch):
    written: list[tuple[int, float]] = []

    class Sink:
        def write(self, numbers, step):
            assert all(isinstance(value, float | int) for value in numbers.values())
            written.append((step, numbers["loss"]))

        def close(self):
            written.append((-1, 0.0))

    monkeypatch.setattr(loggers, "sink", lambda text, path, header: Sink())
    sft.run(config(log=("tensorboard",)), tmp_path / "run")
    assert [step for step, _ in written] == [1, 2, 3, 4, 5, 6, -1]


def test_no_time_means_no_iteration(tmp_path, sources):
    trained = sft.run(config(), tmp_path / "run", minutes=1e-9)
    assert not trained.complete and trained.iterations == 0


@pytest.mark.parametrize(
    "wrong", [{"collect": CollectConfig(episodes=1)}, {"save_every": 3, "log_every": 2}, {"batch": 0}, {"start": "a"}]
)
def test_a_configuration_that_says_two_things_is_refused(wrong):
    with pytest.raises(ConfigError):
        dataclasses.replace(config(), **wrong)


def test_a_few_iterations_on_few_frames_learn_them():
    torch.manual_seed(0)
    frames = frames_of([Shown(4)], SMALL)
    trainer = Trainer(config=config(learning_rate=3e-3), network=CompactNetwork(SMALL), total=400)
    loss = partial(sft._loss, frames=frames, rows=np.arange(4), config=config())
    first = trainer.step(loss)["token_loss"]
    for _ in range(60):
        last = trainer.step(loss)["token_loss"]
    assert last < 0.6 * first
