"""A random policy on openpi's own server, whose checkout VLAGEN_OPENPI names; it is not in any registry.

git clone --depth 1 https://github.com/Physical-Intelligence/openpi
VLAGEN_OPENPI=openpi python -m pytest tests/policies/adapters/test_openpi_itself.py
"""

import contextlib
import os
import subprocess
import sys

import numpy as np
import pytest

import vlagen_bench
from helpers.adapted import obs
from helpers.places import TESTS
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies import base

WITHOUT_WRIST = {"scene": "bridge", "cameras": "observation/wrist_image:none"}

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def serving(form):
    checkout = os.environ.get("VLAGEN_OPENPI")
    if not checkout:
        pytest.skip("VLAGEN_OPENPI does not name a checkout of Physical-Intelligence/openpi")
    command = [sys.executable, str(TESTS / "helpers" / "openpi_random.py"), checkout, form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


@pytest.fixture(scope="module")
def address():
    with serving("libero") as found:
        yield found


def test_its_answers_are_converted(address):
    loaded = base.load(f"openpi:{address}", {})
    actions = loaded.policy.act(obs(), "go")
    expected = np.random.default_rng(0).uniform(-1, 1, (10, 7))[:5]
    np.testing.assert_allclose(actions[:, :3], 0.05 * expected[:, :3], atol=1e-6)
    np.testing.assert_array_equal(actions[:, 6], -np.sign(expected[:, 6]))
    assert loaded.policy.spec["version"] == "random"
    loaded.policy.close()


def test_what_it_refuses_is_said(address):
    loaded = base.load(f"openpi:{address}", {"size": "200"})
    with pytest.raises(PolicyError, match=r"AssertionError: \('observation/image', \(200, 200, 3\)\)"):
        loaded.policy.act(obs(), "go")
    loaded.policy.close()


@pytest.mark.sim
@pytest.mark.bridge
def test_it_is_scored_on_the_bridge(address, tmp_path):
    run = vlagen_bench.evaluate(
        f"openpi:{address}", "paper-fixed", conditions=["in_distribution"], episodes=1, out=tmp_path / "run",
        video="none", policy_args=WITHOUT_WRIST,
    )  # fmt: skip
    assert run.episodes.outcome.tolist() == ["failure"]
    assert run.episodes.steps.tolist()[0] > 1


@pytest.mark.sim
def test_droids_form_is_scored_on_the_tabletop(tmp_path):
    with serving("droid") as found:
        run = vlagen_bench.evaluate(
            f"openpi:{found}", "quick", conditions=["nominal"], episodes=1, out=tmp_path / "run", video="none",
            policy_args={"form": "droid"},
        )  # fmt: skip
    assert run.episodes.outcome.tolist() == ["failure"]
