"""The header's commit: that of this package, never that of a repository which happens to lie around it."""

import os
import subprocess
from pathlib import Path

import pytest

from helpers.places import PACKAGE
from vlagen_bench.harness.header import PLAYING, code_hash, git_commit


def git(folder, *words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, env=clean)


@pytest.fixture
def users(tmp_path):
    """A user's own repository, whose environment this package is installed in."""
    package = tmp_path / ".venv" / "lib" / "vlagen_bench"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (tmp_path / ".gitignore").write_text(".venv\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "mine")
    return package


def test_a_repository_that_does_not_track_the_package_is_not_named(users):
    assert git_commit(users) is None


def test_a_repository_that_tracks_the_package_is_named(users):
    git(users, "add", "-f", "__init__.py")
    git(users, "commit", "-qm", "vendored")
    commit = git_commit(users)
    assert len(commit) == 40
    (users / "__init__.py").write_text("changed = True\n")
    assert git_commit(users) == f"{commit}-dirty"


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_variables_that_name_another_repository_are_not_obeyed(users, tmp_path, monkeypatch, name):
    ours = git_commit(PACKAGE)
    repository = Path(tmp_path, ".git")
    value = {"GIT_DIR": repository, "GIT_WORK_TREE": tmp_path, "GIT_INDEX_FILE": repository / "index"}[name]
    monkeypatch.setenv("GIT_DIR", str(repository))
    monkeypatch.setenv(name, str(value))
    assert git_commit(PACKAGE) == ours and git_commit(users) is None


def test_without_git_there_is_no_commit(users, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert git_commit(users) is None


def test_the_code_that_plays_has_a_hash_and_reports_are_not_in_it(tmp_path):
    for name in ("sim/arm.py", "report/page.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("a = 1\n")
    before = code_hash(tmp_path)
    (tmp_path / "report/page.py").write_text("a = 2\n")
    assert code_hash(tmp_path) == before
    (tmp_path / "sim/arm.py").write_text("a = 2\n")
    assert code_hash(tmp_path) != before


def test_every_part_whose_code_is_hashed_is_there():
    assert all((PACKAGE / part / "__init__.py").is_file() for part in PLAYING)
