"""Real files of PyTorch, Stable-Baselines3 and, where it is installed, onnxruntime."""

import base64
import json
import pickle
import zipfile
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

import vlagen_bench
from helpers.adapted import obs
from helpers.commands import here
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.utils.locations import sha256


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


def test_a_file_that_is_none_is_said(tmp_path):
    (tmp_path / "x.pt").write_bytes(b"no network")
    with pytest.raises(PolicyError, match="cannot be read"):
        base.load(f"torchscript:{tmp_path / 'x.pt'}", {})
    with pytest.raises(PolicyError, match="is no file of Stable-Baselines3, or is damaged"):
        base.load(f"sb3:{tmp_path / 'x.pt'}", {})


def damaged(path, kind):
    """An archive that cannot be read, in one of the ways in which it cannot."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", "[" * 100_000 if kind == "nested" else '{"a": 1}' * (kind != "deflated") + "{}" * 99)
    held = bytearray(path.read_bytes())
    start, central = 30 + len("data"), held.rindex(b"PK\x01\x02")
    if kind == "deflated":
        held[start : start + 4] = b"\xff" * 4
    if kind == "encrypted":
        held[6] |= 1
        held[central + 8] |= 1
    path.write_bytes(held)


@pytest.mark.parametrize(
    ("kind", "says"),
    [("deflated", "Error -3"), ("encrypted", "password"), ("nested", "RecursionError"), ("words", "JSONDecodeError")],
)
def test_a_damaged_file_of_stable_baselines_is_one_sentence(kind, says, tmp_path):
    pytest.importorskip("stable_baselines3")
    damaged(tmp_path / "ppo.zip", kind)
    with pytest.raises(PolicyError, match=f"is no file of Stable-Baselines3, or is damaged: .*{says}"):
        base.load(f"sb3:{tmp_path / 'ppo.zip'}", {})


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


def onnx_file(path, picture=("image", "FLOAT", [1, 3, 256, 256]), state=15, **saving):
    """A network of the same numbers: x is the mean of the picture, z a tenth of the tool's height."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    name, values, shape = picture
    column = np.zeros((state, 7), np.float32)
    column[2, 2] = 0.1
    row = np.zeros((1, 7), np.float32)
    row[0, 0] = 1
    last = np.eye(7, dtype=np.float32)[6:]
    constants = [
        onnx.numpy_helper.from_array(value, name) for name, value in (("column", column), ("row", row), ("last", last))
    ]
    nodes = [
        helper.make_node("Cast", [name], ["numbers"], to=kind),
        helper.make_node("ReduceMean", ["numbers"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "row"], ["x"]),
        helper.make_node("MatMul", ["state", "column"], ["z"]),
        helper.make_node("Add", ["x", "z"], ["moves"]),
        helper.make_node("Add", ["moves", "last"], ["action"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, getattr(onnx.TensorProto, values), shape),
        helper.make_tensor_value_info("state", kind, [1, state]),
    ]
    graph = helper.make_graph(
        nodes, "policy", inputs, [helper.make_tensor_value_info("action", kind, [1, 7])], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path, **saving)
    return path


@pytest.mark.parametrize(
    ("picture", "state", "arguments", "mends"),
    [
        (("image", "FLOAT", [1, 3, 224, 224]), 15, {}, {"size": "224x224"}),
        (("image", "UINT8", [1, 3, 256, 256]), 15, {}, {"values": "bytes"}),
        (("image", "FLOAT", [1, 256, 256, 3]), 15, {}, {"layout": "hwc"}),
        (("image", "UINT8", [1, 96, 128, 3]), 15, {}, {"values": "bytes", "layout": "hwc", "size": "96x128"}),
        (("image", "FLOAT", ["batch", 3, "H", 200]), 15, {"layout": "hwc"}, {"layout": "chw", "size": "256x200"}),
    ],
)
def test_onnx_inputs_that_do_not_fit_are_refused_with_the_arguments_that_mend_it(
    picture, state, arguments, mends, tmp_path
):
    path = onnx_file(tmp_path / "policy.onnx", picture, state)
    with pytest.raises(PolicyError) as raised:
        base.load(f"onnx:{path}", arguments)
    kind = {"FLOAT": "float32", "UINT8": "uint8"}[picture[1]]
    words = " ".join(f"{name}={value}" for name, value in mends.items())
    assert f"the network takes image {kind} {picture[2]}; it would be given image float32" in str(raised.value)
    assert str(raised.value).endswith(f"Give --policy-args {words}.") and "\n" not in str(raised.value)
    assert base.load(f"onnx:{path}", arguments | mends).policy.act(obs(), "go").shape == (1, 7)


def test_an_onnx_state_of_another_length_or_kind_is_refused(tmp_path):
    path = onnx_file(tmp_path / "policy.onnx", state=7)
    with pytest.raises(
        PolicyError, match=r"takes state float32 \[1, 7\]; .* \[1, 15\]\. Give --policy-args state=PARTS \(of 7 numbers"
    ):
        base.load(f"onnx:{path}", {})
    assert base.load(f"onnx:{path}", {"trained_on": "bridge_orig"}).policy.spec["action_dim"] == 7
    half = onnx_file(tmp_path / "half.onnx", ("image", "FLOAT16", [1, 3, 256, 256]))
    with pytest.raises(PolicyError, match=r"takes image float16 .*\. Export it with inputs of that form\."):
        base.load(f"onnx:{half}", {})


def test_a_picture_that_is_drawn_in_another_size_than_the_scenes_is_a_sentence(tmp_path):
    policy = base.load(f"onnx:{onnx_file(tmp_path / 'policy.onnx')}", {}).policy
    with pytest.raises(
        PolicyError, match=r"fails on image float32 \[1, 3, 64, 64\], .* Pictures of another size: size=H"
    ):
        policy.act({**obs(), "image": np.zeros((64, 64, 3), np.uint8)}, "go")


def test_the_pages_example_of_another_name_and_size_plays(tmp_path):
    path = onnx_file(tmp_path / "policy.onnx", ("pixels", "FLOAT", [1, 3, 224, 224]))
    page = (Path(vlagen_bench.__file__).parents[1] / "docs" / "models" / "files.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if "pixels:primary" in line)
    words = line.split("--policy-args")[1].split("#")[0].split()
    arguments = dict(word.split("=", 1) for word in words)
    assert base.load(f"onnx:{path}", arguments).policy.act(obs(), "go").shape == (1, 7)


BESIDE = {"save_as_external_data": True, "location": "weights.data", "size_threshold": 0}


def test_the_version_of_an_onnx_file_is_that_of_its_weights_wherever_they_are(tmp_path):
    whole = base.load(f"onnx:{onnx_file(tmp_path / 'whole.onnx')}", {}).policy
    assert whole.version() == sha256(tmp_path / "whole.onnx")[:16]
    path, weights = onnx_file(tmp_path / "policy.onnx", **BESIDE), tmp_path / "weights.data"
    first = base.load(f"onnx:{path}", {}).policy
    before, moved = first.version(), first.act(obs(), "go")
    held = np.frombuffer(weights.read_bytes(), np.float32) * 2
    weights.write_bytes(held.tobytes())
    second = base.load(f"onnx:{path}", {}).policy
    assert second.act(obs(), "go")[0, 0] == pytest.approx(2 * moved[0, 0]) and second.version() != before
    weights.unlink()
    with pytest.raises(PolicyError, match=r"keeps weights in 'weights\.data', which is not beside it"):
        base.load(f"onnx:{path}", {})


@pytest.mark.parametrize("location", ["../weights.data", "/etc/hosts", "a\\..\\..\\b", "C:weights"])
def test_weights_outside_the_folder_of_an_onnx_file_are_refused(location, tmp_path):
    onnx = pytest.importorskip("onnx")
    path = onnx_file(tmp_path / "policy.onnx", **BESIDE)
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data[0].value = location
    path.write_bytes(model.SerializeToString())
    with pytest.raises(PolicyError, match="names weights outside its folder"):
        base.load(f"onnx:{path}", {})


def test_an_onnx_file_answers(tmp_path):
    path = onnx_file(tmp_path / "policy.onnx")
    seen = obs()
    actions = base.load(f"onnx:{path}", {}).policy.act(seen, "go")
    np.testing.assert_allclose(actions, [[seen["image"].mean() / 255, 0, seen["state"][2] / 10, 0, 0, 0, 1]], atol=1e-4)
    with pytest.raises(
        PolicyError, match=r"takes image \[1, 3, 256, 256\], state \[1, 15\]; it would be given image\."
    ):
        base.load(f"onnx:{path}", {"with_state": "no"})
    (tmp_path / "x.onnx").write_bytes(b"none")
    with pytest.raises(PolicyError, match="cannot be read"):
        base.load(f"onnx:{tmp_path / 'x.onnx'}", {})


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
