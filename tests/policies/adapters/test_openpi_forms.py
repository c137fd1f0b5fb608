"""Servers of openpi's protocol on this machine, in the forms of LIBERO and of DROID."""

import numpy as np
import pytest

import vlagen_bench
from helpers.adapted import adapter, obs
from helpers.servers import stub
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.policies.adapters import droid
from vlagen_bench.policies.remote import wire


def libero_server(connection):
    """Answers in LIBERO's form: 1 cm up, a tenth of a radian about z, the gripper closed; refuses another form."""
    for frame in connection:
        asked = wire.unpack(frame)
        wanted = {"observation/image", "observation/wrist_image", "observation/state", "prompt"}
        if (
            set(asked) != wanted
            or asked["observation/image"].shape != (224, 224, 3)
            or asked["observation/state"].shape != (8,)
        ):
            connection.send(f"another form: {sorted(asked)}")
            continue
        actions = np.tile(np.array([0, 0, 0.2, 0, 0, 0.2, 1.0]), (10, 1))
        connection.send(wire.pack({"actions": actions}))


def test_an_openpi_server_is_asked_in_its_own_form():
    with stub(libero_server, greeting=wire.pack({"version": "pi0-libero"}), compression=None) as address:
        loaded = base.load(f"openpi:{address.removeprefix('ws://')}", {})
        actions = loaded.policy.act(obs(), "go")
        np.testing.assert_allclose(actions, np.tile([0, 0, 0.01, 0, 0, 0.1, -1], (5, 1)), atol=1e-6)
        assert loaded.policy.spec["version"] == "pi0-libero" and loaded.policy.spec["cameras"] == ("wrist",)
        loaded.policy.close()


def droid_server(connection):
    """Turns the whole arm about the axis of the base, at half of the full speed, and closes the gripper at last."""
    for frame in connection:
        asked = wire.unpack(frame)
        shapes = {name: np.shape(value) for name, value in asked.items() if name != "prompt"}
        pictures = dict.fromkeys(("observation/exterior_image_1_left", "observation/wrist_image_left"), (224, 224, 3))
        if shapes != {**pictures, "observation/joint_position": (7,), "observation/gripper_position": (1,)}:
            connection.send(f"another form: {shapes}")
            continue
        actions = np.zeros((10, 8))
        actions[:, 0], actions[6:, 7] = 0.5, 1.0
        connection.send(wire.pack({"actions": actions}))


def test_an_openpi_server_of_droids_form_moves_the_joints():
    with stub(droid_server, greeting=wire.pack({}), compression=None) as address:
        policy = base.load(f"openpi:{address}", {"form": "droid"}).policy
        seen = {**obs(), "episode_id": "a"}
        actions = np.concatenate([policy.act(seen, "go") for _ in range(3)])
        policy.close()
    turns, start = 0.3 * np.arange(1, 4), seen["state"][:2]  # 0.5 x 0.2 rad x 15 Hz / 5 Hz a step
    around = np.stack(
        [np.cos(turns) * start[0] - np.sin(turns) * start[1], np.sin(turns) * start[0] + np.cos(turns) * start[1]]
    )
    np.testing.assert_allclose(start + np.cumsum(actions[:, :2], axis=0), around.T, atol=1e-5)
    np.testing.assert_allclose(actions[:, 2:6], np.tile([0, 0, 0, 0.3], (3, 1)), atol=1e-5)
    assert actions[:, 6].tolist() == [1, 1, -1]


def test_what_droids_form_cannot_be_is_said():
    for wrong in (np.zeros((10, 7)), np.zeros((2, 8))):
        with pytest.raises(PolicyError, match=r"at least 3 of 8 numbers"):
            droid.poses(wrong, np.zeros(7), 5)
    for name, value in {"trained_on": "libero", "state": "quat_wxyz,position,closing", "frame": "world"}.items():
        with pytest.raises(PolicyError, match=f"{name}: form=droid has a state and actions of its own"):
            adapter("openpi", form="droid", **{name: value})


@pytest.mark.sim
@pytest.mark.bridge
@pytest.mark.slow
def test_an_openpi_server_is_scored_on_the_bridge(tmp_path):
    with stub(libero_server, greeting=wire.pack({"version": "pi0-libero"}), compression=None) as address:
        run = vlagen_bench.evaluate(
            f"openpi:{address}", "paper-fixed", conditions=["in_distribution"], episodes=1, out=tmp_path / "run",
            video="none", policy_args={"scene": "bridge", "cameras": "observation/wrist_image:none"},
        )  # fmt: skip
        assert run.episodes.outcome.tolist() == ["failure"]
