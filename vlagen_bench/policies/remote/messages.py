"""The observation as a message: one flat map, with names that the user may choose."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.utils.text import shown

PICTURES = "images/"
OWN = ("image", "state", "prompt", "episode_id", "camera", "begins")
"""names of what is sent, besides `images/<camera>`"""


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
            f"Send the instruction as 'prompt'."
        )
    for name, kind in (("episode_id", str), ("camera", str), ("begins", bool)):
        if not isinstance(message.get(name, kind()), kind):
            raise PolicyError(f"The question's '{name}' is not a {kind.__name__}: {shown(message[name], 80)}.")
    pictures = {name.removeprefix(PICTURES): value for name, value in message.items() if name.startswith(PICTURES)}
    if "camera" in message and "image" in message:
        pictures = {message["camera"]: message["image"], **pictures}
    seen = {name: value for name, value in message.items() if not name.startswith(PICTURES)}
    told = seen.pop("prompt")
    for name in ("camera", "begins"):
        seen.pop(name, None)
    return {**seen, "images": pictures}, told


def parse_names(text: str) -> dict[str, str] | None:
    """`observation/image:image,prompt:prompt` as what is sent by our name of it; None for nothing.

    Raises:
        PolicyError: a pair has no colon, or a name is sent twice or unknown.
    """
    names: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        sent, colon, own = pair.rpartition(":")
        if not colon or not sent or not own:
            raise PolicyError(f"map: '{pair}' is not THEIRS:OURS. Give pairs such as observation/image:image.")
        if own not in OWN and not own.startswith(PICTURES):
            raise PolicyError(f"map: {unknown('name', own, (*OWN, PICTURES + 'CAMERA'))}")
        if sent in names:
            raise PolicyError(f"map: '{sent}' is given twice. Send each name once.")
        names[sent] = own
    return names or None


def renamed(message: Mapping[str, Any], names: Mapping[str, str] | None) -> dict[str, Any]:
    """Exactly what `names` names, under the names there; the whole message if that is None."""
    if names is None:
        return dict(message)
    if "camera" in message:
        message = {**message, PICTURES + message["camera"]: message["image"]}
    for own in names.values():
        if own not in message:
            raise PolicyError(f"map: {unknown('part', own, message, of='The observation')}")
    return {sent: message[own] for sent, own in names.items()}


def _same(first: np.ndarray, other: np.ndarray) -> bool:
    return first is other or (first.dtype == other.dtype and np.array_equal(first, other))
