"""The environments are registered in whatever order things are imported, and nothing else is imported."""

import subprocess
import sys

import pytest

COUNT = "print(sum(name.startswith('VLAGen/') for name in gymnasium.registry) > 100)"


@pytest.mark.parametrize(
    "imports",
    [
        "import gymnasium, vlagen_bench",
        "import vlagen_bench, gymnasium",
        "import vlagen_bench; from gymnasium.envs import registration; import gymnasium",
        "import vlagen_bench.envs.env, gymnasium",
        "import vlagen_bench.envs.registration, gymnasium",
        "from vlagen_bench.envs.registration import env_id; from vlagen_bench import make_vec; import gymnasium",
    ],
)
def test_environments_are_known(imports):
    done = subprocess.run([sys.executable, "-c", f"{imports}; {COUNT}"], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_the_package_alone_imports_neither_gymnasium_nor_numpy():
    code = "import vlagen_bench, sys; print({'gymnasium', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
