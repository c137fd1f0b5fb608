"""The columns of a dataset of demonstrations: what LeRobot calls features, and their types in Parquet."""

from collections.abc import Mapping
from typing import Any

from vlagen_bench.demonstrations import privileged, videos
from vlagen_bench.demonstrations.arrow import arrow
from vlagen_bench.scenes.base import SceneSpec

IMAGES = "observation.images."
STATE, ACTION, EXECUTED = "observation.state", "action", "action.executed"
IS_LABEL, IS_NOISY = "is_label", "is_noisy"
COUNTED = ("timestamp", "frame_index", "episode_index", "index", "task_index")
"""columns that LeRobot counts by itself, as every dataset of it has them"""

Features = dict[str, dict[str, Any]]


def features_of(scene: SceneSpec, *, pictures: str = "image") -> Features:
    """Name -> dtype, shape and names, as `meta/info.json` has them.

    Args:
        scene: with the cameras that are drawn.
        pictures: "image", PNG files in the tables; or "video", one mp4 a camera.

    Raises:
        ConfigError: a video cannot have pictures of that size.
    """
    robot = scene.robot
    features: Features = {}
    for camera in scene.drawn_cameras:
        width, height = camera.size_px
        shown: dict[str, Any] = {
            "dtype": pictures,
            "shape": [height, width, 3],
            "names": ["height", "width", "channels"],
        }
        if pictures == "video":
            videos.check_size(camera.name, width, height)
            shown["info"] = videos.described(width, height, scene.control_hz)
        features[IMAGES + camera.name] = shown
    features[STATE] = _floats(robot.state_layout)
    features[ACTION] = _floats(robot.action_layout)
    features[EXECUTED] = _floats(robot.action_layout)
    features |= {name: {"dtype": "bool", "shape": [1], "names": None} for name in (IS_LABEL, IS_NOISY)}
    for name, width in privileged.WIDTHS.items():
        axes = ("x", "y", "z")[:width]
        features[privileged.PREFIX + name] = _floats(axes)
    kinds = ("float32", "int64", "int64", "int64", "int64")
    features |= {name: {"dtype": kind, "shape": [1], "names": None} for name, kind in zip(COUNTED, kinds, strict=True)}
    return features


def _floats(names: tuple[str, ...]) -> dict[str, Any]:
    return {"dtype": "float32", "shape": [len(names)], "names": list(names)}


def cameras_in(features: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Camera -> the feature that holds its pictures."""
    return {name.removeprefix(IMAGES): name for name in features if name.startswith(IMAGES)}


def schema(features: Mapping[str, Mapping[str, Any]], *, without: tuple[str, ...] = ()) -> Any:
    """The Arrow schema of the table; pictures of videos are not in it."""
    pa = arrow()
    plain = {"float32": pa.float32(), "int64": pa.int64(), "bool": pa.bool_()}
    fields = []
    for name, feature in features.items():
        if name in without or feature["dtype"] == "video":
            continue
        if feature["dtype"] == "image":
            kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        else:
            kind = plain[feature["dtype"]]
            kind = kind if list(feature["shape"]) == [1] else pa.list_(kind, feature["shape"][0])
        fields.append(pa.field(name, kind))
    return pa.schema(fields)
