"""The content of a policy: which files count, what a server says, and what no one can know."""

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from helpers.servers import serving
from vlagen_bench.policies import base, content, live
from vlagen_bench.policies.isolation.proxy import IsolationLimits
from vlagen_bench.policies.isolation.proxy import load as isolated
from vlagen_bench.utils.imported import sha256

POLICY = """
import numpy as np
import near_{name}
from pack_{name}.net import Net


class Mine:
    version = {version!r}

    def act(self, obs, instr):
        import late_{name}
        from importlib import import_module
        import_module("hidden_{name}")
        return np.zeros(7)
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A policy with files that it imports at once, later, by name alone, and never."""
    name = tmp_path.name.replace("-", "_")
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / f"pack_{name}").mkdir()
    (tmp_path / f"pack_{name}" / "__init__.py").write_text("")
    (tmp_path / f"pack_{name}" / "net.py").write_text("from . import deep\nNet = object\n")
    (tmp_path / f"pack_{name}" / "deep.py").write_text("")
    for other in ("near", "late", "hidden", "unrelated"):
        (tmp_path / f"{other}_{name}.py").write_text("")
    (tmp_path / "mine.py").write_text(POLICY.format(name=name, version="1.2"))
    return tmp_path, name


def now(name):
    return {"mine.py", f"near_{name}.py", f"pack_{name}/__init__.py", f"pack_{name}/net.py", f"pack_{name}/deep.py"}


def test_the_files_are_the_policys_own_and_those_that_it_imports_then_and_later(written):
    folder, name = written
    loaded = base.load(f"{folder}/mine.py:Mine", {})
    assert set(loaded.content().files) == now(name) and loaded.content().version == "1.2"
    loaded.policy.act(None, "")
    assert set(loaded.content().files) == now(name) | {f"late_{name}.py", f"hidden_{name}.py"}


def test_an_isolated_policy_has_the_same_content(written):
    folder, name = written
    here = base.load(f"{folder}/mine.py:Mine", {})
    there = isolated(f"{folder}/mine.py:Mine", {}, IsolationLimits())
    assert there.content() == here.content()
    there.policy.act({"image": np.zeros((2, 2, 3), np.uint8), "images": {}, "episode_id": "e"}, "put it there")
    here.policy.act(None, "")
    assert there.content() == here.content() and f"late_{name}.py" in there.content().files
    there.policy.close()
    assert f"near_{name}.py" in there.content().files, "known after its process is gone"


def test_files_that_were_imported_before_are_looked_up_on_the_disk(written):
    folder, name = written
    loaded = base.load(f"{folder}/mine.py:Mine", {})
    known = {f"late_{name}.py": "of then", "gone.py": "of then"}
    completed = loaded.content().completed(known).files
    assert completed[f"late_{name}.py"] not in ("of then", None) and "gone.py" not in completed
    elsewhere = content.Content(kind="code", root="/no/such/folder")
    assert elsewhere.completed(known).files == known, "on another machine nothing can be looked up"


def test_a_file_counts_as_it_was_when_it_was_loaded(written):
    folder, name = written
    loaded = base.load(f"{folder}/mine.py:Mine", {})
    before = loaded.content().files
    (folder / f"near_{name}.py").write_text("edited = True\n")
    assert loaded.content().files == before
    again = base.load(f"{folder}/mine.py:Mine", {})  # in this process, the module that is loaded is not loaded again
    assert again.content().files[f"near_{name}.py"] == before[f"near_{name}.py"]


def test_a_link_that_leads_to_another_file_is_another_policy(written):
    folder, name = written
    for what in ("now", "then"):
        (folder / what).mkdir()
        (folder / what / "__init__.py").write_text("")
        (folder / what / f"{what}.py").write_text(f"VALUE = '{what}'")
        (folder / f"{what}.py").write_text(f"import linked_{name}\nclass Mine:\n    act = '{what}'.join\n")
    link, package = folder / f"link_{name}.py", folder / f"linked_{name}"
    link.symlink_to("then.py")
    package.symlink_to("then")
    then = base.load(f"{link}:Mine", {}).content()
    assert set(then.files) == {link.name, f"{package.name}/__init__.py"}
    assert then.files[link.name] == sha256(folder / "then.py")
    link.unlink()
    link.symlink_to("now.py")
    now = base.load(f"{link}:Mine", {}).content().completed(then.files)
    assert now.files[link.name] == sha256(folder / "now.py") and set(now.files) == set(then.files)


def test_installed_packages_and_this_one_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "uses.py").write_text(
        "import numpy, json, vlagen_bench.types\nclass P:\n    def act(self, obs, instr):\n        pass\n"
    )
    assert set(base.load(f"{tmp_path}/uses.py:P", {}).content().files) == {"uses.py"}


def test_a_policy_of_an_installed_package_is_that_package(tmp_path, monkeypatch):
    site = tmp_path / "site-packages"
    for package in ("theirs_a", "theirs_b"):
        (site / package).mkdir(parents=True)
        (site / package / "__init__.py").write_text("")
    (site / "theirs_a" / "policy.py").write_text(
        "import theirs_b\nclass P:\n    def act(self, obs, instr):\n        pass\n"
    )
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    assert set(base.load("theirs_a.policy:P", {}).content().files) == {"theirs_a/__init__.py", "theirs_a/policy.py"}


def test_a_built_in_policy_has_no_files():
    assert base.load("noop", {}).content() == content.Content(kind="built-in")


def test_a_file_that_is_edited_while_the_model_loads_counts_as_it_was_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine.py").write_text(
        "class P:\n    def __init__(self):\n        with open(__file__, 'a') as file:\n            file.write('# edited')\n"
        "    def act(self, obs, instr):\n        pass\n"
    )
    then = sha256(tmp_path / "mine.py")
    assert base.load(f"{tmp_path}/mine.py:P", {}).content().files == {"mine.py": then}
    assert sha256(tmp_path / "mine.py") != then


class Mixed:
    def act(self, obs, instr):
        pass


class Versioned(Mixed):
    spec = {"version": 3}  # noqa: RUF012 - as users write it


class Broken(Mixed):
    @property
    def version(self):
        raise SystemExit("no weights yet")


def test_an_object_has_the_files_of_its_class_and_its_own_version():
    first, other = live.given(Versioned(), {}).content(), live.given(Mixed(), {}).content()
    assert first.version == "3" and other.version is None
    (name,) = (name for name in first.files if name.endswith("test_content.py"))
    assert first.files[name] == other.files[name]
    assert live.given(Broken(), {}).content().version is None


def test_a_version_in_a_spec_is_no_convention():
    from vlagen_bench.scenes.tabletop import TABLETOP

    base.check_spec(live.given(Versioned(), {}), TABLETOP.robot)


def test_a_class_that_no_file_holds_is_known_by_its_text(monkeypatch):
    cell = ModuleType("cell")
    monkeypatch.setitem(sys.modules, "cell", cell)
    exec("class P:\n    def act(self, obs, instr):\n        pass\n", vars(cell))
    assert live.given(cell.P(), {}).content().files == {}
    monkeypatch.setattr(content.inspect, "getsource", lambda kind: "class P: ...")
    (name,) = live.given(cell.P(), {}).content().files
    assert name == "class P"


def test_a_server_is_what_it_says():
    first = content.of_server({"ckpt": "A", "nested": {"a": [1, 2.5, None, b"x"]}, "array": np.zeros(2)})
    assert first == content.of_server({"array": np.zeros(2), "nested": {"a": [1, 2.5, None, b"x"]}, "ckpt": "A"})
    assert first.server["metadata"]["ckpt"] == "A" and first.version is None
    assert content.of_server({"ckpt": "B"}).server["sha256"] != content.of_server({"ckpt": "A"}).server["sha256"]
    assert content.of_server({"array": np.zeros(2)}) != content.of_server({"array": np.ones(2)})
    assert content.of_server({"spec": {"version": "7"}}).version == "7"


@pytest.mark.parametrize(
    "metadata", [{"a": float("nan")}, {"a": "\x1b[31m" * 999}, {"a\n": {"b": {1: 2}}}, {"a": "x" * 10**6}]
)
def test_whatever_a_server_says_can_be_stored(metadata):
    said = content.of_server(metadata)
    text = str(said.stored())
    assert "\x1b" not in text and len(text) < 40_000
    assert said != content.of_server({}) and said == content.of_server(dict(metadata))


def test_long_texts_that_differ_in_their_end_are_not_equal():
    assert content.of_server({"a": "x" * 5000 + "y"}) != content.of_server({"a": "x" * 5000 + "z"})


def test_a_served_policy_tells_files_version_and_arguments(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine.py").write_text(
        "class P:\n    def __init__(self, ckpt):\n        pass\n    def act(self, obs, instr):\n        pass\n"
    )
    said = []
    for ckpt in "AAB":
        with serving(base.load(f"{tmp_path}/mine.py:P", {"ckpt": ckpt})) as url:
            loaded = base.load(url, {})
            said.append(loaded.content())
            loaded.policy.close()
    assert said[0] == said[1] != said[2] and said[0].kind == "server"
    served = said[0].server["metadata"]["fingerprint"]
    assert set(served["files"]) == {"mine.py"} and set(map(len, (served["arguments"], served["forms"]))) == {64}
    assert str(tmp_path) not in str(served)


def test_what_a_program_imports_beside_a_policy_is_not_the_policys(tmp_path):
    (tmp_path / "plots.py").write_text("")
    (tmp_path / "mine.py").write_text("class P:\n    def act(self, obs, instr):\n        pass\n")
    (tmp_path / "main.py").write_text(
        "import plots\nfrom vlagen_bench.policies import base\nprint(sorted(base.load('mine.py:P', {}).content().files))\n"
    )
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['mine.py']"
