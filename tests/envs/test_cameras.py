"""Environments with several cameras and with pictures of other sizes."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import vlagen_bench
from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.policies.base import LoadedPolicy, check_spec
from vlagen_bench.policies.pictures import camera_choice
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice, sizes_px

TABLETOP = {"task": "tabletop_put_on", "condition": "nominal"}
MAIN = "VLAGen/TabletopPutOn-Main-v1"
SIDEWAYS = np.array([0, 0.02, 0, 0, 0, 0.1, 1], np.float32)


@pytest.mark.sim
@pytest.mark.parametrize(
    "options",
    [{"cameras": ("front", "wrist")}, {"cameras": "wrist", "image_size": "front=96,wrist=64x32"}, {"image_size": 64}],
)
def test_check_env_finds_nothing(options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(TaskEnv(**TABLETOP, **options), skip_render_check=True)


@pytest.mark.sim
def test_images_has_the_cameras_that_were_asked_for_and_image_is_the_primary():
    env = TaskEnv(
        **TABLETOP, cameras=("wrist", "front"), image_size={"front": 64, "wrist": (48, 32)}, render_mode="rgb_array"
    )
    seen = [env.reset(seed=0)[0], env.step(SIDEWAYS)[0]]
    for obs in seen:
        assert list(obs) == ["image", "images", "state"] and set(obs["images"]) == {"front", "wrist"}
        assert obs["image"].shape == (64, 64, 3) and obs["images"]["wrist"].shape == (32, 48, 3)
        np.testing.assert_array_equal(obs["image"], obs["images"]["front"])
    assert not np.array_equal(seen[0]["images"]["wrist"], seen[1]["images"]["wrist"]), "the hand moved"
    np.testing.assert_array_equal(env.render(), seen[1]["image"])
    alone = TaskEnv(**TABLETOP, cameras="wrist").reset(seed=0)[0]
    assert set(alone["images"]) == {"wrist"} and alone["image"].shape == (256, 256, 3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"cameras": "side"}, "The scene tabletop has no camera 'side'. There are: front, wrist"),
        ({"cameras": ("wrist",), "flat": True}, "flat=True has no place for"),
        ({"cameras": ("wrist",), "obs_mode": "state"}, "obs_mode=state has no place for"),
        ({"image_size": "wrist=64"}, "is not drawn"),
        ({"image_size": 1.5}, "image_size is"),
        ({"cameras": 3}, "cameras is"),
    ],
)
def test_mistakes_are_sentences(options, says):
    with pytest.raises(ConfigError, match=says):
        TaskEnv(**TABLETOP, **options)


@pytest.mark.sim
@pytest.mark.slow
def test_many_environments_show_what_one_shows():
    options = {"cameras": ("wrist",), "image_size": "front=64,wrist=32"}
    envs = vlagen_bench.make_vec(MAIN, 2, **options)
    try:
        seen, _ = envs.reset(seed=[4, 5])
        assert seen["images"]["wrist"].shape == (2, 32, 32, 3) and seen["image"].shape == (2, 64, 64, 3)
        alone, _ = gym.make(MAIN, **options).reset(seed=5)
        np.testing.assert_array_equal(seen["images"]["wrist"][1], alone["images"]["wrist"])
    finally:
        envs.close()


@pytest.mark.sim
def test_scenes_on_a_gpu_refuse_more_cameras_with_a_sentence():
    from vlagen_bench.envs.gpu_vector import GpuVectorEnv

    with pytest.raises(ConfigError, match=r'draws the primary camera alone, and cameras=wrist.*backend="processes"'):
        GpuVectorEnv(**TABLETOP, num_envs=1, sim_backend="physx_cpu", cameras=("wrist",))


@pytest.mark.sim
def test_a_trained_policy_is_shown_the_pictures_of_its_training():
    options = {"cameras": ("wrist",), "image_size": "front=64,wrist=32"}
    env = gym.make(MAIN, **options)
    asked = []
    policy = vlagen_bench.TrainedPolicy(lambda obs: asked.append(obs) or np.zeros(7), env)
    loaded = LoadedPolicy(name="trained", policy=policy, arguments={})
    scene = specs.of_task(catalog.task("tabletop_put_on"))
    check_spec(loaded, scene.robot)
    chosen = camera_choice(loaded, scene)
    assert chosen == CameraChoice.of(scene, *options.values())
    assert sizes_px(chosen.scene(scene)) == {"front": [64, 64], "wrist": [32, 32]}
    obs, _ = env.reset(seed=0)
    shown = {"image": obs["image"], "images": {"front": obs["image"], **obs["images"]}, "state": obs["state"]}
    policy.act(shown, "put it there")
    (told,) = asked
    assert env.observation_space.contains(told)
    np.testing.assert_array_equal(told["images"]["wrist"], obs["images"]["wrist"])
