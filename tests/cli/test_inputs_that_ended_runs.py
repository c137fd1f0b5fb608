"""Policies, names and outputs that could end a run, or its process, on the real simulator: the run goes on, or says why not."""

import json
import os
import subprocess

import pytest

from helpers.commands import BIN, call

pytestmark = [pytest.mark.sim, pytest.mark.slow]

SMALL = ("--conditions", "nominal", "--episodes", "2", "--video", "none")
POLICIES = """
import ctypes
import os
import sys
import time

import numpy as np

GOOD = np.zeros(7, np.float32)


class ExitZero:
    def act(self, obs, instr):
        if os.path.exists("ended"):
            return GOOD
        open("ended", "w").close()
        os._exit(0)


class BFloat16:
    def act(self, obs, instr):
        import torch

        torch.set_flush_denormal(True)
        ctypes.CDLL("libm.so.6").fesetround(0x800)
        return torch.zeros(7, dtype=torch.bfloat16, requires_grad=True)


class Still:
    def act(self, obs, instr):
        return GOOD
"""


def records(run):
    return [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]


def hashes(run):
    import numpy as np

    return {path.name: np.load(path)["state_hashes"].tolist() for path in (run / "actions").glob("*.npz")}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bad.py").write_text(POLICIES)
    return tmp_path


def test_a_policy_that_ends_the_process_is_told_and_the_run_goes_on_by_the_same_command(folder):
    words = ("vlagen-eval", "--policy", "bad.py:ExitZero", *SMALL, "--out", "run")
    done = call(*words, cwd=folder)
    assert done.returncode == 1 and "ended with exit code 0 before the run was over" in done.stderr
    assert "to go on: vlagen-eval --policy bad.py:ExitZero" in done.stderr and not records(folder / "run")
    assert call(*words, cwd=folder).returncode == 0 and len(records(folder / "run")) == 2


def test_brackets_in_a_name_are_brackets(folder):
    for _ in range(2):
        done = call("vlagen-eval", "--policy", "expert", *SMALL, "--out", "a[/b]", cwd=folder)
        assert done.returncode == 0 and "Run folder: a[/b]" in done.stdout, done.stderr
    assert len(records(folder / "a[/b]")) == 2


@pytest.mark.parametrize(
    ("redirect", "encoding", "code"), [("> /dev/full", "utf-8", 3), ("> out", "latin-1", 0), ("> >(true)", "utf-8", 0)]
)
def test_an_output_that_cannot_be_written_ends_no_run(folder, redirect, encoding, code):
    words = [str(BIN / "vlagen-eval"), "--policy", "expert", *SMALL, "--out", "run"]
    command = ["bash", "-c", f'"$@" {redirect}', "bash", *words]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    assert len(records(folder / "run")) == 2 and (folder / "run" / "report.html").is_file()
    assert "Traceback" not in done.stderr


def test_numbers_of_any_type_and_any_rounding_mode_leave_the_world_as_it_is(folder):
    for name in ("Still", "BFloat16"):
        done = call("vlagen-eval", "--policy", f"bad.py:{name}", *SMALL, "--out", name, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert hashes(folder / "Still") == hashes(folder / "BFloat16") != {}
