"""SIGTERM ends a run on Ray in order, though Ray has a handler of its own."""

import json
import os
import signal
import subprocess
import time

import pytest

from helpers.commands import BIN, deaf_to_ctrl_c

pytest.importorskip("ray")
pytestmark = [pytest.mark.sim, pytest.mark.slow]


def test_a_run_on_ray_ends_by_sigterm_though_it_began_deaf_to_ctrl_c(tmp_path):
    words = ["--policy", "expert", "--conditions", "nominal", "--episodes", "4", "--video", "none", "--out", "a"]
    child = subprocess.Popen(
        [str(BIN / "vlagen-eval"), *words, "--executor", "ray", "--workers", "1"],
        cwd=tmp_path, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=deaf_to_ctrl_c,
    )  # fmt: skip
    lines = tmp_path / "a" / "episodes.jsonl"
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and child.poll() is None and not (lines.exists() and lines.read_text()):
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGTERM)
    said = child.communicate(timeout=120)[0]
    assert child.returncode == 143 and "Ended by SIGTERM." in said and "Traceback" not in said
    assert "To go on: vlagen-eval" in said
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    assert records and all(record["outcome"] != "error" for record in records)
