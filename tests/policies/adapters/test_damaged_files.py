"""Files that are no model, or are damaged."""

import zipfile

import pytest

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base


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
