"""The observation as a message: one flat map, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.utils.text import shown

PICTURES = "images/"
OWN = ("image", "state", "prompt", "episode_id", "camera", "begins")
"""names of what is sent, besides `images/<camera>`"""
UNNAMED = "image"
"""the camera of a picture whose client does not say which it is of"""


def question(obs: Mapping[str, Any], instr: str, *, begins: bool | None = None) -> dict[str, Any]:
    """The message that asks what to do.

    Args:
        obs: what the policy sees; its `images` become `images/<camera>`, but a picture that is `image` too goes once,
            and `camera` says whose it is.
        instr: the instruction; sent as `prompt`.
        begins: whether the episode begins; None: not sent.
    """
    message = {name: value for name, value in obs.items() if name != "images"}
    for camera, picture in obs.get("images", {}).items():
        if "camera" not in message and "image" in obs and _same(picture, obs["image"]):
            message["camera"] = camera
        else:
            message[PICTURES + camera] = picture
    return message | {"prompt": instr} | ({} if begins is None else {"begins": begins})


def observation(message: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The observation and the instruction for a served policy; the inverse of `question`.

    Raises:
        PolicyError: the message has no prompt, or something in it is not of its type.
    """
    if not isinstance(message.get("prompt"), str):
        raise PolicyError(
            f"The question has no text 'prompt'; it has: {shown(', '.join(sorted(message))) or 'nothing'}. "
            f"Send the instruction as 'prompt', or start the server with --default-prompt TEXT."
        )
    for name, kind in (("episode_id", str), ("camera", str), ("begins", bool)):
        if not isinstance(message.get(name, kind()), kind):
            raise PolicyError(f"The question's '{name}' is not a {kind.__name__}: {shown(message[name], 80)}.")
    pictures = {name.removeprefix(PICTURES): value for name, value in message.items() if name.startswith(PICTURES)}
    if "image" in message:
        pictures = {message.get("camera", UNNAMED): message["image"], **pictures}
    seen = {name: value for name, value in message.items() if not name.startswith(PICTURES)}
    told = seen.pop("prompt")
    for name in ("camera", "begins"):
        seen.pop(name, None)
    if pictures:
        seen.setdefault("image", next(iter(pictures.values())))
    return {**seen, "images": pictures}, told


def _same(first: np.ndarray, other: np.ndarray) -> bool:
    return first is other or (first.dtype == other.dtype and np.array_equal(first, other))
