"""The header of a run as texts for its page: the protocol in words, and every value."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vlagen_bench.scenes.cameras import described

TIMES = "\u00a0×\u00a0"
"""between the sides of a picture, on a page"""


def seen(header: Mapping[str, Any]) -> str | None:
    """The cameras whose pictures the policy of a run saw, in words; None where that is not recorded.

    >>> seen({"cameras": {"front": [256, 256], "wrist": [128, 128]}})
    'cameras front 256 x 256, wrist 128 x 128 pixels'
    >>> seen({"cameras": {"base": [128, 128]}, "maniskill": {"fast_meshes": 0.03}})
    'camera base 128 x 128 pixels, robots with decimated meshes'
    """
    sizes = _sizes(header)
    meshes = "" if _meshes(header) is None else ", robots with decimated meshes"
    return f"camera{'s' * (len(sizes) > 1)} {described(sizes)} pixels{meshes}" if sizes else None


def saw_alike(headers: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the policies of runs of one scene saw the same cameras in the same sizes, and robots of the same meshes.

    The name of the primary camera is the scene's.

    >>> saw_alike([{"robot_spec": {"image_px": [256, 256]}}, {"cameras": {"front": [256, 256]}}])
    True
    >>> saw_alike([{"cameras": {"base": [128, 128]}, "maniskill": {"fast_meshes": 0.03}}, {"cameras": {"base": [128, 128]}}])
    False
    """
    found = ((_sizes(header), _meshes(header)) for header in headers)
    return len({(tuple(sizes)[1:], tuple(map(tuple, sizes.values())), meshes) for sizes, meshes in found}) <= 1


def protocol(header: Mapping[str, Any], scene: str, others: Sequence[Mapping[str, Any]] = ()) -> str:
    r"""What was played, in words: suite, scene, robot, cameras, how much of it, and the seed; what is not recorded is left out.

    Args:
        header: of a run.
        scene: its name.
        others: headers of other runs of its plan, which may have been made with other cameras.

    >>> protocol({"suite": {"name": "quick", "version": 2, "task": "tabletop_put_on"}, "conditions": ["nominal"],
    ...           "episodes_per_condition": 4, "seed": 0, "robot_spec": {"name": "panda"}, "cameras": {"front": [256, 256]}}, "tabletop")
    'quick, version 2: task tabletop_put_on, scene tabletop, robot panda, camera front 256\xa0×\xa0256 pixels, 1 condition of 4 episodes, seed 0'
    """
    suite, robot, count = header["suite"], header.get("robot_spec", {}), len(header["conditions"])
    parts = [f"task {suite['task']}", f"scene {scene}"]
    if "name" in robot:
        parts.append(f"robot {robot['name']}")
    if not saw_alike((header, *others)):
        parts.append("cameras that are not the same in all runs")
    elif cameras := seen(header):
        parts.append(cameras.replace(" x ", TIMES))
    each = "that take turns over {} scenes" if header.get("groups") else "of {} episodes"
    parts.append(f"{count} condition{'s' * (count != 1)} {each.format(header['episodes_per_condition'])}")
    if "seed" in header:
        parts.append(f"seed {header['seed']}")
    return f"{suite['name']}, version {suite['version']}: {', '.join(parts)}"


def _meshes(header: Mapping[str, Any]) -> float | None:
    """The share of their faces that the meshes of a ManiSkill task's robots kept; None: all, as a header without the key has it."""
    share: float | None = (header.get("maniskill") or {}).get("fast_meshes")
    return share


def _sizes(header: Mapping[str, Any]) -> Mapping[str, Iterable[int]]:
    robot = header.get("robot_spec", {})
    return header.get("cameras") or ({"of": robot["image_px"]} if "image_px" in robot else {})


def facts(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key of the header with its value, both as text; keys inside others after a dot."""
    for key, value in header.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", text) for inner, text in facts(value))
        elif isinstance(value, list):
            between = "; " if any(isinstance(item, Mapping) for item in value) else ", "
            yield key, between.join(map(_text, value)) or "none"
        else:
            yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    return "none" if value is None else str(value)
