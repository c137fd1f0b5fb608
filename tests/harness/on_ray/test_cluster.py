"""Options of a cluster, and clusters that are not there."""

import math

import pytest

from helpers.commands import call
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.on_ray.cluster import Cluster
from vlagen_bench.harness.options import ExecutionOptions

pytestmark = pytest.mark.ray


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy_replicas": 2}, "need --executor ray"),
        ({"executor": "ray", "policy_replicas": 0}, "--policy-replicas 0: at least 1"),
        ({"executor": "ray", "policy_gpus": -1}, "--policy-gpus -1"),
        ({"executor": "ray", "env_cpus": math.nan}, "--env-cpus nan"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_sentence(options, says):
    with pytest.raises(ConfigError, match=says):
        _ = ExecutionOptions(**options).cluster


def test_an_address_where_no_cluster_is_is_a_sentence(tmp_path):
    words = ("--policy", "noop", "--executor", "ray", "--ray-address", "127.0.0.1:1")
    done = call("vlagen-eval", *words, cwd=tmp_path)
    assert done.returncode == 2 and "No Ray cluster could be joined (" in done.stderr
    assert "ray start --head" in done.stderr and "Traceback" not in done.stderr and not list(tmp_path.iterdir())


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install .*'ray>="):
        Cluster().connect(1)
