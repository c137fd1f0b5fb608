"""Real ONNX files: what they answer, which inputs they take, and where their weights are."""

from pathlib import Path

import numpy as np
import pytest

import vlagen_bench
from helpers.adapted import obs
from helpers.onnx_files import onnx_file
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base
from vlagen_bench.utils.locations import sha256


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
