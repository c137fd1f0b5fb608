"""The names and forms of the other side: what a question and its answer are called there, and how large pictures are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from vlagen_bench.errors import PolicyError, unknown
from vlagen_bench.policies.remote.messages import OWN, PICTURES
from vlagen_bench.policies.remote.parts import NUMBERS, Part, described, joined, leaves, parse_pairs, parse_part, put
from vlagen_bench.utils.text import shown

IGNORED = "ignored"
"""what a client sends under a name that the map gives to this is dropped"""
ACTIONS = "actions"
LARGEST_PX = 4096
Side = Literal["client", "server"]


@dataclass(frozen=True, kw_only=True)
class Forms:
    """How questions and answers look on the other side of the wire."""

    pairs: tuple[tuple[Part, str], ...] | None = None
    """where each value comes from, and what it becomes; None: all keep their names"""
    size_px: tuple[int, int] | None = None
    """(height, width) of all pictures"""
    answer: tuple[Part, ...] = (Part(name=ACTIONS),)
    """the parts of the answer that are the actions, one behind the other"""
    default_prompt: str | None = None
    """the instruction where a client sends none"""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the pairs give."""
        return tuple(dict.fromkeys(name for _, name in self.pairs or ()))

    def sent(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A question for a server: exactly what the pairs name, or all; raises `PolicyError` for a missing part."""
        if "camera" in message:
            message = {**message, PICTURES + message["camera"]: message["image"]}
        if self.size_px:
            message = {name: self._in_size(name, value) for name, value in message.items()}
        if self.pairs is None:
            return {name: value for name, value in message.items() if not _doubled(name, message)}
        for part, _ in self.pairs:
            if part.name not in message:
                raise PolicyError(f"map: {unknown('part', part.name, message, of='The observation')}")
        question: dict[str, Any] = {}
        for name in self.names:
            put(question, name, joined([part.of(message[part.name], "map") for part, to in self.pairs if to == name]))
        return question

    def received(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A client's question under our names; raises `PolicyError` for what is missing, unknown or of another form."""
        given = leaves(message)
        question: dict[str, Any] = {}
        for name in self.names:
            sources = [part for part, to in self.pairs or () if to == name]
            missing = [part.name for part in sources if part.name not in given]
            if name != IGNORED and not missing:
                question[name] = joined([part.of(given[part.name], "--map") for part in sources])
            elif missing and name != IGNORED and (name != "prompt" or self.default_prompt is None):
                raise PolicyError(f"--map: the question has no '{missing[0]}'; it has: {_listed(given)}.")
        taken = {part.name for part, _ in self.pairs or ()}
        rest = {name: value for name, value in given.items() if name not in taken}
        if strange := [name for name in rest if name not in OWN and not _is_picture(name)]:
            raise PolicyError(_not_known(strange, given, self.default_prompt is not None))
        if twice := [name for name in rest if name in question]:
            name = twice[0]
            other = f"{name}:{IGNORED}" + (f" or {name}:{PICTURES}CAMERA" if _is_picture(name) else "")
            raise PolicyError(
                f"--map: '{name}' is made of something else, and the question has a '{name}' itself, which would be lost. "
                f"Say in the map what becomes of it: {other}"
            )
        question = {**rest, **question}
        if self.default_prompt is not None:
            question.setdefault("prompt", self.default_prompt)
        return {name: self._in_size(name, _in_form(name, value)) for name, value in question.items()}

    def actions(self, answer: Mapping[str, Any], of: str) -> Any:
        """The actions in an answer; raises `PolicyError`, which begins with `of`, for a missing part."""
        for part in self.answer:
            if part.name not in answer:
                there = shown(", ".join(sorted(answer))) or "nothing"
                raise PolicyError(f"{of} answered without '{part.name}'; there is: {there}.")
        try:
            return joined([part.of(answer[part.name], "answer") for part in self.answer])
        except ValueError as error:  # parts of different lengths
            raise PolicyError(f"answer: {of} gave parts that do not fit together: {error}.") from None

    def _in_size(self, name: str, value: Any) -> Any:
        if self.size_px is None or not _is_picture(name) or not isinstance(value, np.ndarray):
            return value
        return with_border(value, self.size_px)


UNCHANGED = Forms()
"""our own names and forms"""


def parse(
    *,
    side: Side,
    map: str | None = None,
    resize: str | None = None,
    answer: str | None = None,
    default_prompt: str | None = None,
) -> Forms:
    """The forms that the user names; raises `PolicyError` for what is no name, size or part.

    Args:
        side: which one this is; values are changed where they are taken: a client takes ours, a server theirs.
        map: THEIRS:OURS,... A client changes ours (`observation/state:state[0:6]`), a server theirs (`qpos[0:7]:state`).
        resize: 224 or 240x320 (height x width); pictures keep their proportions, with a black border.
        answer: parts of the answer, one behind the other: `actions[0:6]*0.05,actions[6:7]`.
        default_prompt: of a server.
    """
    dashes = "" if side == "client" else "--"
    given = {"map": map, "resize": resize, "answer": answer, "default-prompt": default_prompt}
    for name, text in given.items():
        if text is not None and not text.strip(" ,"):
            raise PolicyError(f"{dashes}{name} is empty. Give it a value, or leave it out.")
    return Forms(
        pairs=_pairs(map, side, f"{dashes}map") if map else None,
        size_px=_size(resize, f"{dashes}resize") if resize else None,
        answer=_answer(answer, side, f"{dashes}answer") if answer else UNCHANGED.answer,
        default_prompt=default_prompt,
    )


def with_border(picture: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """The picture uint8 (H, W, 3) in another size, whole and centred in black, as openpi_client.image_tools does it."""
    from PIL import Image

    height, width = size_px
    if picture.shape[:2] == size_px:
        return picture
    ratio = max(picture.shape[1] / width, picture.shape[0] / height)
    inner_height, inner_width = max(1, int(picture.shape[0] / ratio)), max(1, int(picture.shape[1] / ratio))
    inner = Image.fromarray(picture).resize((inner_width, inner_height), Image.Resampling.BILINEAR)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    whole = np.zeros((height, width, 3), np.uint8)
    whole[top : top + inner_height, left : left + inner_width] = np.asarray(inner)
    return whole


def _pairs(text: str, side: Side, option: str) -> tuple[tuple[Part, str], ...]:
    found: list[tuple[Part, str]] = []
    for sent, own in parse_pairs(text, option):
        source, to = (own, sent) if side == "client" else (sent, own)
        part = parse_part(source, option)
        mine, theirs = (part.name, to) if side == "client" else (to, part.name)
        known = OWN if side == "client" else (*OWN, IGNORED)
        if mine not in known and not _is_picture(mine):
            raise PolicyError(f"{option}: {unknown('name', mine, (*known, PICTURES + 'CAMERA'))}")
        if parse_part(to, option) != Part(name=to):
            side_of_change = "after" if side == "client" else "before"
            raise PolicyError(
                f"{option}: '{sent}:{own}' changes what it is called, not what is taken. Here values are changed {side_of_change} "
                f"the colon: such as " + ("pose:state[0:6]." if side == "client" else "pose[0:6]:state.")
            )
        if any(to == other for _, other in found) and mine not in ("state", IGNORED):
            raise PolicyError(f"{option}: '{to}' is given twice. Only parts of the state are put together.")
        if (part, to) in found:
            raise PolicyError(f"{option}: '{theirs}:{mine}' is given twice. Give each pair once.")
        found.append((part, to))
    return tuple(found)


def _size(text: str, option: str) -> tuple[int, int]:
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isascii() and side.isdigit() and 0 < int(side) <= LARGEST_PX for side in sides):
        raise PolicyError(
            f"{option}: '{text}' is no size. Give pixels up to {LARGEST_PX}, such as 224 or 240x320 (height x width)."
        )
    return int(sides[0]), int(sides[-1])


def _answer(text: str, side: Side, option: str) -> tuple[Part, ...]:
    parts = tuple(parse_part(one, option) for one in filter(None, map(str.strip, text.split(","))))
    for part in parts:
        if part.chw or (side == "server" and part.name != ACTIONS):
            raise PolicyError(
                f"{option}: '{part.name}' is not an answer. Give parts such as actions[0:6]*0.05,actions[6:7]."
            )
    return parts


def _doubled(name: str, message: Mapping[str, Any]) -> bool:
    """Whether a picture is sent as `image` already."""
    return "camera" in message and name == f"{PICTURES}{message['camera']}"


def _is_picture(name: str) -> bool:
    """Whether it is one of our names of pictures: `image`, or `images/` and a camera."""
    camera = name.removeprefix(PICTURES)
    return name == "image" or (name.startswith(PICTURES) and bool(camera) and "/" not in camera)


def _in_form(name: str, value: Any) -> Any:
    """A picture uint8 (H, W, 3), a state float32 (n,), anything else as it is; raises `PolicyError` for other forms."""
    if _is_picture(name):
        right = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3 and value.shape[2] == 3
        if right and value.size:
            return value
        turned = isinstance(value, np.ndarray) and value.ndim == 3 and value.shape[0] == 3
        cure = f"start the server with --map {name}@chw:{name}" if turned else "convert it in the client"
        raise PolicyError(f"The question's '{name}' is {described(value)}. Send uint8 (H, W, 3), or {cure}.")
    if name == "state":
        if not isinstance(value, np.ndarray) or value.dtype.kind not in NUMBERS or value.ndim != 1:
            raise PolicyError(f"The question's 'state' is {described(value)}. Send numbers of shape (n,).")
        return value.astype(np.float32, copy=False)
    return value


def _not_known(strange: Sequence[str], given: Mapping[str, Any], has_prompt: bool) -> str:
    """The sentence for names that nobody knows, with the map that would do as far as the values tell."""
    pairs, taken = [], set(given) & set(OWN)
    for name in strange:
        own = _guess(name, given[name], taken)
        taken.add(own)
        turned = _is_picture(own) and given[name].shape[0] == 3
        pairs.append(f"{name}@chw:{own}" if turned and given[name].shape[2] != 3 else f"{name}:{own}")
    text = (
        f"The question has {_listed(strange)}, which this server does not know. Start it with --map '{','.join(pairs)}', "
        f"after a look at each pair"
    )
    return text + ("." if has_prompt or "prompt" in taken else ", and with --default-prompt TEXT.")


def _guess(name: str, value: Any, taken: set[str]) -> str:
    if isinstance(value, np.ndarray) and value.ndim == 3 and 3 in (value.shape[0], value.shape[2]):
        camera = name.replace("//", "/").replace(".", "/").rpartition("/")[2]
        return "image" if "image" not in taken else PICTURES + camera
    if isinstance(value, np.ndarray) and value.dtype.kind in NUMBERS and value.ndim == 1:
        return "state"
    if isinstance(value, str) and "prompt" not in taken:
        return "prompt"
    return IGNORED


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    shown = [f"'{name[:60]}'" for name in sorted(names)][:8]
    more = len(names) - len(shown)
    return (", ".join(shown) or "nothing") + (f" and {more} more" if more > 0 else "")
