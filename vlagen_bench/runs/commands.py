"""The commands that repeat, resume or measure a run, from its header."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vlagen_bench.plan import catalog, native_tasks
from vlagen_bench.plan.options import options
from vlagen_bench.runs.outside import include_options
from vlagen_bench.scenes import specs


def command(header: Mapping[str, Any]) -> str:
    """The `vlagen-eval`, or for an object the call, that makes the same plan and asks the same policy in the same way."""
    if header["policy"].get("live"):
        return _call(header)
    return shlex.join(["vlagen-eval", *_policy(header["policy"]), *_plan(header), *_pictures(header)])


def measure(header: Mapping[str, Any], first: Path) -> str:
    """The command that plays the episodes of the run in this folder again, to see how far they repeat."""
    if header["policy"].get("live"):
        others = " and ".join(repr(f"{first}-repeat-{number}") for number in (2, 3))
        return f"{_call(header)}, once with out={others}"
    return f"{command(header)} --repeat 3 --out {shlex.quote(str(first))}"


def resume(header: Mapping[str, Any], path: Path, option: str = "") -> str:
    """The command, or for an object the call, that goes on with the run in this folder; with a flag such as `retry_lost`."""
    if header["policy"].get("live"):
        return f"{_call(header)}, with out={str(path)!r}" + (f" and {option}=True" if option else "")
    flag = f" --{option.replace('_', '-')}" if option else ""
    return f"{command(header)} --out {shlex.quote(str(path))}{flag}"


def _call(header: Mapping[str, Any]) -> str:
    """In Python, with the object or class that the name of the policy belongs to."""
    policy = header["policy"]
    words = [*_plan(header), *_pictures(header)]
    given = {option[2:].replace("-", "_"): value for option, value in zip(words[::2], words[1::2], strict=True)}
    chosen = {name: int(value) if name in ("episodes", "seed") else value for name, value in given.items()}
    chosen |= {f"execute_{name}" if name == "horizon" else name: value for name, value in _chunks(policy)}
    return (
        f"vlagen_bench.evaluate({policy['name']}, {', '.join(f'{name}={value!r}' for name, value in chosen.items())})"
    )


def _policy(policy: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--policy", policy["name"])
    given = policy["arguments"].items() - {("url", policy["name"])}  # the address of a server is its name
    arguments = sorted(f"{key}={value}" for key, value in given)
    if arguments:
        yield from ("--policy-args", *arguments)
    for name, value in _chunks(policy):
        yield from (f"--execute-{name}" if name == "horizon" else f"--{name}", str(value))


def _chunks(policy: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What was asked for about the execution of chunks."""
    execution = policy.get("execution", {})
    yield from ((name, execution[name]) for name in ("horizon", "ensemble") if execution.get(name) is not None)


def _plan(header: Mapping[str, Any]) -> Iterator[str]:
    yield from include_options(header)
    suite = header["suite"]
    yield from options(
        suite["name"], suite["task"], header["conditions"], header["episodes_per_condition"], header.get("seed"),
        rotating=bool(header.get("groups")),
    )  # fmt: skip


def _pictures(header: Mapping[str, Any]) -> Iterator[str]:
    """The options for what the policy saw, where it is more or larger than the primary camera's own picture."""
    seen = {name: tuple(size) for name, size in (header.get("cameras") or {}).items()}
    task = header["suite"]["task"]
    own = {}
    if task in catalog.task_names() or native_tasks.is_native(task):
        scene = specs.of_task(catalog.task(task))
        own = {camera.name: camera.size_px for camera in (scene.camera, *scene.extra_cameras)}
    if len(seen) > 1:
        yield from ("--cameras", ",".join(seen))
    if any(own.get(name) != size for name, size in seen.items()):
        yield from ("--image-size", ",".join(f"{name}={width}x{height}" for name, (width, height) in seen.items()))
