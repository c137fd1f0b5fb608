"""The header of a run: versions, commit, machine, renderer, policy and plan."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.limits import Limits
from vlagen_bench.packs import manifest
from vlagen_bench.packs.manifest import Pack
from vlagen_bench.plan import catalog, native_tasks
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.policies.content import Look
from vlagen_bench.policies.isolation.proxy import IsolationLimits
from vlagen_bench.runs import identity, outside
from vlagen_bench.runs.records import SCHEMA
from vlagen_bench.scenes import native
from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.cameras import sizes_px
from vlagen_bench.types import Plan, content_hash

PACKAGES = ("vlagen-bench", "sapien", "mani_skill", "numpy", "gymnasium", "torch")
FINGERPRINTED = ("vlagen-bench", "sapien", "mani_skill")
"""the packages whose other version makes other results: the product and the simulator"""
PACKAGE = Path(__file__).resolve().parents[1]
PLAYING = ("axes", "harness", "packs", "plan", "policies", "scenes", "sim", "tasks")
"""the parts of this package whose code decides results: in a clone it changes between two releases"""


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
    known: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """The content of `header.json`.

    How a policy's chunks are executed is told with the policy, since a run cannot go on with other chunks; limits,
    workers (None: played in one process) and isolation (None: the policy lives there, too) change no result, and may.
    `known` are source files of the policy that an earlier session of the run imported, with their hashes.
    """
    pack = manifest.load(scene.pack)
    if catalog.task(plan.suite.task).native is not None and scene.robot.simplify_to is not None:
        renderer = f"{renderer}, robots with decimated meshes"  # a run does not go on with other pictures
    taken = outside.used(plan, loaded.name)
    return {
        "schema": SCHEMA,
        "suite": {"name": plan.suite.name, "version": plan.suite.version, "task": plan.suite.task},
        "conditions": list(plan.suite.conditions),
        "episodes_per_condition": plan.suite.episodes,
        **({"groups": {group: list(axes) for group, axes in plan.suite.groups.items()}} if plan.suite.groups else {}),
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
        "git_commit": git_commit(PACKAGE),
        "device": {"machine": platform.machine(), "system": platform.platform(), "physics": "PhysX, CPU"},
        "renderer": renderer,
        "pack": {"name": pack.name, "version": pack.version, "stand_ins": list(stand_ins)},
        "robot_spec": {
            "name": scene.robot.name,
            **scene.robot.conventions,
            "control_hz": scene.control_hz,
            "state_layout": list(scene.robot.state_layout),
            "image_px": list(scene.camera.size_px),
        },
        "cameras": sizes_px(scene),
        **_native(plan, scene),
        **({"outside": taken} if taken else {}),
        **_fingerprint(loaded.content, renderer, _assets(pack, stand_ins), known),
    }


def _native(plan: Plan, scene: SceneSpec) -> dict[str, Any]:
    """The key `maniskill`: what a task of ManiSkill is, and what there is to know of it before its scores are read."""
    task = catalog.task(plan.suite.task)
    if task.native is None:
        return {}
    facts = native.facts_of_task(task.native)
    said = {"env": task.native.env, "kwargs": task.native.kwargs_json, "source_hash": facts.source_hash}
    more: dict[str, Any] = {
        "control_mode": facts.control_mode,
        "robots": list(facts.robots),
        "listed": task.native.listed,
    }
    if scene.robot.simplify_to is not None:
        more["fast_meshes"] = scene.robot.simplify_to
    return {"maniskill": {**said, **more, "remarks": list(native_tasks.remarks(task))}}


def _fingerprint(look: Look | None, renderer: str, assets: str, known: Mapping[str, str]) -> dict[str, Any]:
    """The key `fingerprint`; nothing where nobody knows the policy's content."""
    if look is None:
        return {}
    versions = {name: version for name, version in _versions().items() if name in FINGERPRINTED}
    environment = {**versions, "vlagen-bench code": code_hash(), "renderer": renderer, "assets": assets}
    return {"fingerprint": {**look().completed(known).stored(), "since": identity.now(), "environment": environment}}


def _assets(pack: Pack, stand_ins: tuple[str, ...]) -> str:
    used = f"{pack.name} {pack.version}"
    return f"{used} with {len(stand_ins)} stand-ins ({content_hash(sorted(stand_ins))[:12]})" if stand_ins else used


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def code_hash(package: Path = PACKAGE) -> str:
    """A short hash of the source files that play episodes, tracked or not; other parts, such as reports, are not in it."""
    files = (file for part in PLAYING for file in (package / part).rglob("*.py"))
    return content_hash([[str(file.relative_to(package)), file.read_text()] for file in sorted(files)])[:12]


def git_commit(package: Path) -> str | None:
    """The commit of the checkout that a package is part of, with `-dirty` if that was changed.

    None outside one, and in a repository that does not track the package, as one of the user's whose environment it is
    installed in.
    """
    if _git(package, "ls-files", "--error-unmatch", "--", "__init__.py") is None:
        return None
    return _git(package, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or None


def _git(folder: Path, *words: str) -> str | None:
    """What git says of a folder; None if it fails. Variables such as GIT_DIR would name another repository."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env=clean)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
