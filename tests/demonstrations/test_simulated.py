"""Demonstrations by the expert in the simulator."""

import numpy as np
import pytest

from helpers.demonstrated import Alone
from vlagen_bench.demonstrations import attempts, distribution, privileged
from vlagen_bench.demonstrations.check import check
from vlagen_bench.demonstrations.collect import Collector
from vlagen_bench.demonstrations.dataset import Dataset
from vlagen_bench.demonstrations.disturbance import Noise, takeover_step
from vlagen_bench.demonstrations.job import Job, PolicyChoice, cameras_of
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator

pytestmark = pytest.mark.sim
CAMERAS = cameras_of(specs.scene("tabletop"), None, None)


def collected(folder, job, episodes):
    with Collector(attempts.Recipe(job=job, folder=folder)) as collector:
        for _ in collector.play(episodes, workers=1, pool=Alone):
            pass
        collector.finish()
    return Dataset(folder)


def test_the_expert_succeeds_with_noise_and_its_episodes_can_be_played_again(tmp_path):
    job = Job(distribution=distribution.load("words"), noise=Noise(steps=0.35, episodes=1.0), cameras=CAMERAS)
    dataset = collected(tmp_path, job, 3)
    for shown in dataset:
        assert shown.success and shown.is_noisy.any() and shown.is_label.all()
        assert shown.images["front"].shape[1:] == (128, 128, 3) and shown.images["wrist"].shape[1:] == (64, 64, 3)
        assert shown.state.shape == (len(shown), 15) and shown.action.dtype == np.float32
        assert len(np.unique(shown.images["front"], axis=0)) > len(shown) / 2
    assert [one.faults for one in check(dataset)] == [()] * 3


def test_a_takeover_begins_where_the_other_policy_stood(tmp_path):
    job = Job(distribution=distribution.load("words"), takeover=PolicyChoice(name="random"), cameras=CAMERAS)
    (shown,) = collected(tmp_path, job, 1)
    first = takeover_step(shown.episode)
    assert np.flatnonzero(shown.is_label).tolist() == list(range(first, len(shown)))
    assert [one.faults for one in check(Dataset(tmp_path))] == [()]


def test_privileged_pixels_lie_on_the_things():
    words = distribution.load("words")
    simulator = Simulator.of(words.of_task, cameras=CAMERAS)
    for index in range(8):
        simulator.reset(words.episode(index))
        simulator.observe()
        shown = simulator.sight.primary._entity_ids()
        found = privileged.positions(simulator)
        for role in privileged.ROLES:
            if role not in simulator.world.bodies:
                assert np.isnan(found[f"{role}_m"]).all() and np.isnan(found[f"{role}_px"]).all()
                continue
            body = simulator.body(role)
            assert np.allclose(found[f"{role}_m"], body.position_m)
            x, y = found[f"{role}_px"]
            # The middle of a ring-shaped or thin thing may be empty, and another thing may stand before it.
            around = shown[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4]
            assert body.entity.per_scene_id in around, (index, role)
