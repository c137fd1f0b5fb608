"""The environments are registered in whatever order things are imported, and nothing else is imported."""

import subprocess
import sys

import pytest

from helpers import outside

COUNT = "print(sum(name.startswith('VLAGen/') for name in gymnasium.registry) > 100)"
GLOOM = "print('VLAGen/TabletopPutOn-GloomL3-v1' in gymnasium.registry)"
THREADS = """
import importlib, threading
import vlagen_bench
threads = [threading.Thread(target=importlib.import_module, args=("gymnasium",)) for _ in range(8)]
threads += [threading.Thread(target=importlib.util.find_spec, args=("gymnasium",)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
import gymnasium
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "imports",
    [
        "import gymnasium, vlagen_bench",
        "import vlagen_bench, gymnasium",
        "import vlagen_bench; from gymnasium.envs import registration; import gymnasium",
        "import vlagen_bench.envs.env, gymnasium",
        "import vlagen_bench.envs.registration, gymnasium",
        "from vlagen_bench.envs.registration import env_id; from vlagen_bench import make_vec; import gymnasium",
        # Looking for Gymnasium without importing it, as torchrl does, before and after.
        "import vlagen_bench, importlib.util; importlib.util.find_spec('gymnasium'); import gymnasium",
        "import importlib.util; importlib.util.find_spec('gymnasium'); import vlagen_bench, gymnasium",
        "import vlagen_bench, importlib, gymnasium; gymnasium.registry.clear(); importlib.reload(gymnasium)",
        "import vlagen_bench, importlib; importlib.reload(vlagen_bench); import gymnasium",
        "import vlagen_bench, gymnasium, sys, importlib; gymnasium.registry.clear(); importlib.reload(vlagen_bench)",
        THREADS,
    ],
)
def test_environments_are_known(imports):
    done = run(f"{imports}\n{COUNT}")
    assert done.stdout.strip() == "True", done.stderr


def test_gymnasium_keeps_its_own_loader():
    code = "import vlagen_bench, gymnasium; print(type(gymnasium.__loader__).__name__, gymnasium.__spec__.loader)"
    assert run(code).stdout.startswith("SourceFileLoader <_frozen_importlib_external.SourceFileLoader"), code


def test_gymnasium_imports_the_package_by_the_name_before_the_colon():
    code = "import gymnasium; print(gymnasium.make('vlagen_bench:VLAGen/TabletopPutOn-MassL3-v1').unwrapped.condition)"
    done = run(code)
    assert done.stdout.strip() == "mass_l3", done.stderr


def test_the_package_alone_imports_neither_gymnasium_nor_numpy():
    code = "import vlagen_bench, sys; print({'gymnasium', 'numpy'} & set(sys.modules))"
    done = run(code)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize(
    "steps",
    [
        "import vlagen_bench, gymnasium; vlagen_bench.register_path('mine')",
        "import vlagen_bench; vlagen_bench.register_path('mine'); import gymnasium",
        "import gymnasium, vlagen_bench; vlagen_bench.register_path('mine')",
        # The decorator alone, in the user's own program.
        "import vlagen_bench, gymnasium, runpy; runpy.run_path('mine/axes/gloom.py')",
        "import vlagen_bench, runpy; runpy.run_path('mine/axes/gloom.py'); import gymnasium",
    ],
)
def test_an_axis_has_its_ids_as_soon_as_it_is_there(tmp_path, steps):
    outside.make(tmp_path / "mine")
    done = outside.python(f"{steps}\n{GLOOM}", tmp_path)
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("order", ["gymnasium, vlagen_bench", "vlagen_bench, gymnasium"])
def test_what_the_environment_includes_has_its_ids_in_any_order_of_imports(tmp_path, monkeypatch, order):
    """A child process is told so what its parent included, and its main module imports as it likes."""
    outside.make(tmp_path / "mine")
    axis = tmp_path / "mine" / "axes" / "gloom.py"
    axis.write_text(
        "from vlagen_bench import Axis, axis  # the public names, while this package is imported\n" + axis.read_text()
    )
    monkeypatch.setenv("VLAGEN_INCLUDE", "mine")
    done = outside.python(f"import {order}\n{GLOOM}", tmp_path)
    assert done.stdout.strip() == "True" and "Warning" not in done.stderr, done.stderr


def test_a_task_has_its_ids_as_soon_as_it_is_there(tmp_path):
    outside.make(tmp_path / "mine")
    code = "import vlagen_bench, gymnasium; vlagen_bench.register_path('mine')\n"
    code += "print([name for name in gymnasium.registry if 'Kitchen' in name])"
    done = outside.python(code, tmp_path)
    names = [f"VLAGen/KitchenPutOn-{condition}-v1" for condition in ("Nominal", "Gloomy", "Main")]
    assert done.stdout.strip() == str(names), done.stderr


def test_a_broken_plug_in_lets_gymnasium_be_imported_with_a_warning(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "broken_plugin.py").write_text("import no_such_thing")
    outside.distribution(site, "broken-dist", "broken_plugin")
    done = outside.python("import vlagen_bench, gymnasium; print('here')", tmp_path, site)
    assert done.stdout.strip() == "here"
    assert "No VLAGen environments are registered: The plug-in 'own' of the package broken-dist 1.5" in done.stderr


@pytest.mark.parametrize("mode", ["", ", vectorization_mode='vector_entry_point'"])
def test_make_vec_of_gymnasium_gives_environments_in_processes(mode):
    code = (
        "import gymnasium, vlagen_bench\n"
        "if __name__ == '__main__':\n"
        f"    env = gymnasium.make_vec('VLAGen/TabletopPutOn-MassL3-v1', 2, reward='potential'{mode})\n"
        "    print(type(env).__name__, env.num_envs, env.get_attr('condition'), env.spec.id, env.get_attr('_reward'))\n"
        "    env.close()\n"
    )
    done = run(code)
    expected = "ProcessVectorEnv 2 ('mass_l3', 'mass_l3') VLAGen/TabletopPutOn-MassL3-v1 ('potential', 'potential')"
    assert done.stdout.strip() == expected, done.stderr
