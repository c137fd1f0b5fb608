"""Real files of PyTorch and Stable-Baselines3, and the scoring of files."""

import base64
import json
import pickle
import zipfile

import gymnasium as gym
import numpy as np
import pytest
import torch

import vlagen_bench
from helpers.adapted import obs
from helpers.commands import here
from helpers.onnx_files import onnx_file
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base


class Network(torch.nn.Module):
    """A chunk of four actions: the mean of the picture to x, the height of the tool to z, the gripper open."""

    def forward(self, image: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        action = torch.stack(
            [image.mean(), torch.zeros([]), state[0, 2] / 10, *([torch.zeros([])] * 3), torch.ones([])]
        )
        return action.repeat(1, 4, 1)


class Loose(torch.nn.Module):
    def forward(self, image: torch.Tensor):
        return (torch.zeros(7) + image[0, 0, 0, 0], image)


@pytest.fixture
def scripted(tmp_path):
    path = tmp_path / "policy.pt"
    seen = obs()
    example = torch.zeros(1, 3, 256, 256), torch.from_numpy(seen["state"])[None]
    with pytest.warns(DeprecationWarning):  # PyTorch would rather have other files
        torch.jit.trace(Network(), example).save(path)
    return path


def test_a_torchscript_file_answers_chunks(scripted):
    loaded = base.load(f"torchscript:{scripted}", {})
    seen = obs()
    actions = loaded.policy.act(seen, "go")
    expected = [seen["image"].mean() / 255, 0, seen["state"][2] / 10, 0, 0, 0, 1]
    np.testing.assert_allclose(actions, np.tile(expected, (4, 1)), atol=1e-5)
    assert loaded.content().version == loaded.policy.spec["version"] and len(loaded.content().version) == 16
    assert loaded.content().kind == "built-in" and not loaded.privileged
    short = base.load(f"torchscript:{scripted}", {"replan_steps": "2", "translation_unit": "mm"}).policy.act(seen, "go")
    assert short.shape == (2, 7) and short[0, 2] == pytest.approx(seen["state"][2] / 10_000, rel=1e-4)


def test_torchscript_files_may_see_pictures_alone_and_answer_several_things(tmp_path):
    path = tmp_path / "loose.pt"
    with pytest.warns(DeprecationWarning):
        torch.jit.script(Loose()).save(path)
    loaded = base.load(f"torchscript:{path}", {"with_state": "no", "values": "bytes", "layout": "hwc"})
    assert loaded.policy.act(obs(), "go")[0, 0] == pytest.approx(float(obs()["image"][0, 0, 0]))


class Counts(torch.nn.Module):
    """Remembers how often it was asked."""

    def __init__(self):
        super().__init__()
        self.register_buffer("asked", torch.zeros(1))

    def forward(self, image: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        self.asked += 1e-4
        return torch.cat([self.asked, torch.zeros(5), torch.ones(1)])


class Keeps(torch.nn.Module):
    """Remembers the last picture in an attribute."""

    def __init__(self):
        super().__init__()
        self.last = torch.zeros(1)

    def forward(self, image: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        before, self.last = self.last, image.mean().reshape(1)
        return torch.cat([before, torch.zeros(6)])


class Draws(torch.nn.Module):
    def forward(self, image: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        return torch.randn(7)


class Tall(torch.nn.Module):
    def forward(self, image: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        return torch.zeros(5, 1, 7)


def saved(network, path):
    with pytest.warns(DeprecationWarning):
        torch.jit.script(network).save(path)
    return f"torchscript:{path}"


@pytest.mark.parametrize("network", [Counts, Keeps])
def test_a_torchscript_network_that_remembers_is_refused(network, tmp_path):
    with pytest.raises(PolicyError, match="answers a question otherwise when it is asked again, so that it remembers"):
        base.load(saved(network(), tmp_path / "network.pt"), {})


def test_a_torchscript_network_that_draws_numbers_remembers_nothing(tmp_path):
    torch.manual_seed(5)
    expected = torch.randn(7)
    torch.manual_seed(5)
    policy = base.load(saved(Draws(), tmp_path / "network.pt"), {}).policy
    np.testing.assert_allclose(policy.act(obs(), "go")[0, :3], expected[:3], atol=1e-6)  # the load drew none of them


def test_what_a_torchscript_network_cannot_take_or_answer_is_said_before_the_first_episode(scripted, tmp_path):
    with pytest.raises(
        PolicyError, match=r"torchscript: the network .* fails on image float32 \[1, 3, 256, 256\]: .*'state'"
    ):
        base.load(f"torchscript:{scripted}", {"with_state": "no"})
    with pytest.raises(PolicyError, match=r"answered float64 of the shape \(5, 1, 7\); expected .* \(actions, 7\)"):
        base.load(saved(Tall(), tmp_path / "network.pt"), {})


def test_a_policy_of_pictures_that_is_given_none_is_told():
    from vlagen_bench.policies.adapters.sb3 import seen

    with pytest.raises(PolicyError, match=r"sb3: What the policy is given has no part .image.. There are: state"):
        seen({"state": np.zeros(15)}, FLAT)


class Pictures(gym.Env):
    """Spaces as this package's environments have them, without a simulator."""

    action_space = gym.spaces.Box(-1, 1, (7,), np.float32)

    def __init__(self, space):
        self.observation_space = space

    def reset(self, *, seed=None, options=None):
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, True, False, {}


FLAT = gym.spaces.Box(0, 255, (64, 64, 3), np.uint8)
STATE = gym.spaces.Box(-np.inf, np.inf, (15,), np.float32)
SPACES = {
    "picture": ("CnnPolicy", FLAT),
    "state": ("MlpPolicy", STATE),
    "both": ("MultiInputPolicy", gym.spaces.Dict({"image": FLAT, "state": STATE})),
}


class Code:
    """What a pickle makes run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def saved_with(path, part, value):
    """A file of PPO in which one part is another object's pickle."""
    ppo = pytest.importorskip("stable_baselines3").PPO
    ppo("MlpPolicy", Pictures(STATE), n_steps=8, batch_size=8, device="cpu").save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["data"])
    said[part] = {":serialized:": base64.b64encode(pickle.dumps(value)).decode()}
    files["data"] = json.dumps(said).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("policy_class", torch.nn.Linear(1, 1)),
        ("policy_class", torch.nn.ReLU()),
        ("policy_class", torch.nn.ReLU),
        ("policy_kwargs", {"activation_fn": torch.nn.ReLU()}),
        ("policy_kwargs", {"net_arch": [{"pi": torch.nn.Tanh()}]}),
        ("observation_space", gym.spaces.Dict),
        ("action_space", np.ones(3)),
    ],
)
def test_objects_that_may_act_are_no_settings(part, value, tmp_path):
    saved_with(tmp_path / "ppo.zip", part, value)
    with pytest.raises(PolicyError, match=rf"the {part} of .* names .*, which is code that is not run from a file"):
        base.load(f"sb3:{tmp_path / 'ppo.zip'}", {})


def test_a_file_of_another_algorithm_is_a_sentence(tmp_path):
    sac = pytest.importorskip("stable_baselines3").SAC
    sac("MlpPolicy", Pictures(STATE), buffer_size=10, device="cpu").save(tmp_path / "sac.zip")
    with pytest.raises(PolicyError, match=r"cannot be read as PPO.*Another: algorithm=SAC"):
        base.load(f"sb3:{tmp_path / 'sac.zip'}", {})


@pytest.mark.parametrize("part", ["policy_class", "policy_kwargs", "observation_space", "ep_info_buffer"])
def test_a_file_of_stable_baselines_runs_no_code_of_its_own(part, tmp_path):
    path, ran = tmp_path / "ppo.zip", tmp_path / "ran"
    saved_with(path, part, Code(ran))
    if part == "ep_info_buffer":  # which playing does not need
        assert base.load(f"sb3:{path}", {}).policy.act(obs(), "go").shape == (1, 7)
    else:
        with pytest.raises(PolicyError, match=rf"the {part} of .* names _?io\.open, which is code that is not run"):
            base.load(f"sb3:{path}", {})
    assert not ran.exists()


@pytest.mark.parametrize("algorithm", ["A2C", "SAC", "TD3"])
def test_files_of_other_algorithms_are_read_as_well(algorithm, tmp_path):
    theirs = pytest.importorskip("stable_baselines3")
    more = {} if algorithm == "A2C" else {"buffer_size": 10}
    kwargs = {"net_arch": [8], "activation_fn": torch.nn.Tanh}
    kind = getattr(theirs, algorithm)
    model = kind("MlpPolicy", Pictures(STATE), policy_kwargs=kwargs, device="cpu", seed=0, **more)
    model.save(tmp_path / "model.zip")
    loaded = base.load(f"sb3:{tmp_path / 'model.zip'}", {"algorithm": algorithm, "actions": "metric"})
    expected = model.predict(loaded.policy.encode(obs(), "go")["state"], deterministic=True)[0]
    np.testing.assert_allclose(loaded.policy.act(obs(), "go")[0], expected, atol=1e-5)


@pytest.mark.parametrize("sees", SPACES)
def test_a_file_of_stable_baselines_acts_as_its_model_does(sees, tmp_path):
    ppo = pytest.importorskip("stable_baselines3").PPO
    kind, space = SPACES[sees]
    model = ppo(kind, Pictures(space), n_steps=8, batch_size=8, device="cpu", seed=0)
    model.save(tmp_path / "ppo.zip")
    loaded = base.load(f"sb3:{tmp_path / 'ppo.zip'}", {"size": "64", "resize": "area"})
    given = loaded.policy.encode(obs(), "go")
    asked = given if sees == "both" else given["image" if sees == "picture" else "state"]
    expected = model.predict(asked, deterministic=True)[0]
    action = loaded.policy.act(obs(), "go")
    np.testing.assert_allclose(action[0], expected * np.array([0.04] * 3 + [0.2] * 3 + [1]), atol=1e-5)
    metric = base.load(f"sb3:{tmp_path / 'ppo.zip'}", {"size": "64", "resize": "area", "actions": "metric"})
    np.testing.assert_allclose(metric.policy.act(obs(), "go")[0], expected, atol=1e-5)


def test_a_policy_of_other_pictures_is_told_which_it_sees(tmp_path):
    ppo = pytest.importorskip("stable_baselines3").PPO
    ppo("CnnPolicy", Pictures(FLAT), n_steps=8, batch_size=8, device="cpu").save(tmp_path / "ppo.zip")
    loaded = base.load(f"sb3:{tmp_path / 'ppo.zip'}", {})
    with pytest.raises(PolicyError, match=r"sees image of shape \(3, 64, 64\), not \(256, 256, 3\)"):
        loaded.policy.act(obs(), "go")


@pytest.mark.sim
@pytest.mark.slow
def test_a_torchscript_file_is_scored(scripted, tmp_path):
    run = vlagen_bench.evaluate(
        f"torchscript:{scripted}", "quick", conditions=["nominal"], episodes=1, out=tmp_path / "run", video="none",
        policy_args={"translation_unit": "mm"},
    )  # fmt: skip
    assert run.episodes.outcome.tolist() == ["failure"]


def evaluated(policy, out, *arguments):
    """The outcomes of one episode by `vlagen-eval`, as a user calls it."""
    words = ["--suite", "quick", "--conditions", "nominal", "--episodes", 1, "--video", "none", "--out", out]
    done = here("vlagen-eval", "--policy", policy, *words, "--policy-args", *arguments, cwd=out.parent)
    assert done.returncode == 0, done.stderr + done.stdout
    return vlagen_bench.load_run(out).episodes.outcome.tolist()


@pytest.mark.sim
@pytest.mark.slow
def test_a_file_of_stable_baselines_is_scored(tmp_path):
    ppo = pytest.importorskip("stable_baselines3").PPO
    ppo("CnnPolicy", Pictures(FLAT), n_steps=8, batch_size=8, device="cpu", seed=0).save(tmp_path / "ppo.zip")
    assert evaluated(f"sb3:{tmp_path / 'ppo.zip'}", tmp_path / "run", "size=64", "resize=area") == ["failure"]


@pytest.mark.sim
@pytest.mark.slow
def test_an_onnx_file_is_scored(tmp_path):
    path = onnx_file(tmp_path / "policy.onnx")
    assert evaluated(f"onnx:{path}", tmp_path / "run", "translation_unit=mm") == ["failure"]
