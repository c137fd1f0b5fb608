"""The header of a run: versions, commit, machine, renderer, policy and plan."""

import importlib.metadata
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.limits import Limits
from vlagen_bench.packs import manifest
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.policies.isolation.proxy import IsolationLimits
from vlagen_bench.runs import outside
from vlagen_bench.runs.records import SCHEMA
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.types import Plan

PACKAGES = ("vlagen-bench", "sapien", "mani_skill", "numpy", "gymnasium", "torch")


def make(
    plan: Plan,
    loaded: LoadedPolicy,
    scene: SceneSpec,
    renderer: str,
    stand_ins: tuple[str, ...],
    *,
    execution: Execution,
    limits: Limits,
    workers: int | None,
    isolation: IsolationLimits | None = None,
) -> dict[str, Any]:
    """The content of `header.json`.

    How a policy's chunks are executed is told with the policy, since a run cannot go on with other chunks; limits,
    workers (None: played in one process) and isolation (None: the policy lives there, too) change no result, and may.
    """
    pack = manifest.load(scene.pack)
    taken = outside.used(plan, loaded.name)
    return {
        "schema": SCHEMA,
        "suite": {"name": plan.suite.name, "version": plan.suite.version, "task": plan.suite.task},
        "conditions": list(plan.suite.conditions),
        "episodes_per_condition": plan.suite.episodes,
        "seed": plan.suite.seed,
        "plan_hash": plan.hash,
        "policy": {
            "name": loaded.name,
            "arguments": loaded.shown_arguments,
            "execution": asdict(execution),
            **({"live": True} if loaded.live else {}),
        },
        "oracle": loaded.privileged,
        "harness": {"workers": workers, "isolation": isolation and asdict(isolation), **asdict(limits)},
        "versions": {"python": platform.python_version(), **_versions()},
        "git_commit": git_commit(Path(__file__).parent),
        "device": {"machine": platform.machine(), "system": platform.platform(), "physics": "PhysX, CPU"},
        "renderer": renderer,
        "pack": {"name": pack.name, "version": pack.version, "stand_ins": list(stand_ins)},
        "robot_spec": {
            "name": scene.robot.name,
            **scene.robot.conventions,
            "control_hz": scene.control_hz,
            "state_layout": list(scene.robot.state_layout),
            "image_px": [scene.camera.width_px, scene.camera.height_px],
        },
        **({"outside": taken} if taken else {}),
    }


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def git_commit(folder: Path) -> str | None:
    """The commit of the checkout that the package is in, with `-dirty` if it was changed; None outside one."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
