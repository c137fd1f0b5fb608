"""Damages frames of isolated policies, and greetings, answers and questions of policy servers, at random, for a while.

A sentence must come of it, which can be printed, or something of the right type.

PYTHONPATH=tests python -m helpers.fuzz_frames --seconds 600 --seed 1
"""

import argparse
import logging
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import msgpack
import numpy as np

from helpers.fakes import loaded
from helpers.fuzz_leaderboard import ODD_VALUES, damaged_bytes
from vlagen_bench.errors import VlagenError
from vlagen_bench.policies import base
from vlagen_bench.policies.actions import checked
from vlagen_bench.policies.isolation import replies
from vlagen_bench.policies.remote import client, websocket, wire
from vlagen_bench.policies.remote.server import _guarded
from vlagen_bench.policies.remote.session import ClientSession, ServedPolicy
from vlagen_bench.scenes.tabletop import PANDA

NUMBER, DIM = 7, PANDA.action_dim
SEEN = {"image": np.zeros((2, 2, 3), np.uint8), "state": np.zeros(3, np.float32), "episode_id": "e", "images": {}}
ACTION = np.zeros((2, DIM), np.float32)
SPEC = {key: value for key, value in PANDA.conventions.items() if isinstance(value, str | int | float)}
LOADED = {"number": NUMBER, "methods": ["reset", "close"], "privileged": False, "spec": SPEC}
GREETING = {"policy": "pi0", "sharing": "function", "remembers": False, "spec": SPEC, "metadata": {"a": [1, 2.5]}}
TEXTS = ("Traceback\nKeyError: 'x'", "\x1b[2J", "\x1b]0;t\x07" * 300, "", "\n", "[/b]" * 1000, "x" * 10**6, "\u202e.")
NESTED = (
    lambda depth: _nested({}, depth, lambda inner: {"a": inner}),
    lambda depth: _nested([], depth, lambda inner: [inner]),
    lambda depth: _nested("<f4", depth, lambda inner: [["f", inner]]),
)
ODD: tuple[Any, ...] = (
    *(value for value in ODD_VALUES if not isinstance(value, int) or abs(value) < 1 << 64), 1 << 63, -(1 << 63), b"", b"\xff" * 9,
    [0.0] * DIM, [[0.0] * DIM] * 3, {b"__ndarray__": True}, {b"__npgeneric__": True}, msgpack.Timestamp(1, 2),
    msgpack.ExtType(5, b"x"), {b"\x1b": 1}, {"\x1b[2J": 1}, {"": {"": {}}},
)  # fmt: skip
DTYPES = (
    "<f4",
    "<f8",
    ">f2",
    "|u1",
    "<i8",
    "|b1",
    "<U3",
    "|S2",
    "|O",
    "<M8[s]",
    "<c8",
    "|V4",
    "<f3",
    "<U999999999",
    "f",
    "",
    4,
    None,
)
SHAPES = ([2], [1, 7], [0, 7], [], [-1], [2**62, 2], [0, 2**40], [1] * 70, [2**26] * 3, "2", None, [2.0], [True, 2], {})


def _nested(inner: Any, depth: int, around: Callable[[Any], Any]) -> Any:
    for _ in range(depth):
        inner = around(inner)
    return inner


def plain(value: Any) -> Any:
    """A value as MessagePack has it: arrays are maps in openpi's notation."""
    return msgpack.unpackb(msgpack.packb(value, default=wire._notation), strict_map_key=False)


def damaged(value: Any, rng: random.Random) -> Any:
    """One place of a message is another."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        match rng.randrange(10):
            case 0:
                return {name: item for name, item in value.items() if name != key}
            case 1:
                return value | {rng.choice(("more", "\x1b[31m", "x" * 3000, b"data", "error", "batch")): value[key]}
        if key == b"dtype":
            return value | {key: rng.choice(DTYPES)}
        if key == b"shape":
            return value | {key: rng.choice(SHAPES)}
        return value | {key: damaged(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], damaged(value[at], rng), *value[at + 1 :]]
    match rng.randrange(12):
        case 0:
            return rng.choice(NESTED)(rng.choice((20, 200, 500)))
        case 1:
            return plain({"a": np.array(rng.choice(([1.5], ["\x1b"], [True])))})["a"]
        case 2:
            return rng.choice(TEXTS)
        case 3:
            return [rng.choice(ODD)] * rng.choice((2, 1000))
        case 4:
            return {b"__ndarray__": True, b"data": b"\0" * rng.choice((0, 4, 8)), b"dtype": rng.choice(DTYPES), b"shape": rng.choice(SHAPES)}  # fmt: skip
        case 5:
            return {b"__npgeneric__": True, b"data": rng.choice(ODD), b"dtype": rng.choice(DTYPES)}
    return rng.choice(ODD)


def frame(message: Any, rng: random.Random) -> bytes:
    """A damaged frame of the message; sometimes a whole one."""
    value = plain(message)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        value = damaged(value, rng)
    data: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    return damaged_bytes(data, rng) if rng.random() < 0.4 else data


def a_loaded_reply(rng: random.Random) -> None:
    message = replies.message_of(frame(LOADED, rng), NUMBER)
    if (error := replies.error_in(message)) is not None:
        raise error
    reply = replies.loaded(message)
    policy = mock.Mock(spec=["spec", "act"])
    policy.spec = reply.spec
    base.check_spec(loaded(policy), PANDA)


def an_answer(rng: random.Random) -> None:
    number = rng.choice((1, 3))
    whole = {"number": NUMBER, "answers": [rng.choice((ACTION, {"error": "KeyError: 'x'"})) for _ in range(number)]}
    message = replies.message_of(frame(whole, rng), NUMBER)
    if (error := replies.error_in(message)) is not None:
        raise error
    for answer in replies.answers(message, number):
        if isinstance(answer, VlagenError):
            assert str(answer).isprintable() and len(str(answer)) <= 1000
        else:
            assert checked(answer, DIM).dtype == np.float32


class FakeConnection:
    """A connection whose server says what was prepared."""

    def __init__(self, *says: Any) -> None:
        self.says, self.socket = list(says), mock.Mock()

    def recv(self, timeout: float) -> Any:
        return self.says.pop(0)

    def send(self, data: bytes) -> None: ...


@contextmanager
def connected(*says: Any) -> Any:
    @contextmanager
    def connect(*_: Any, **__: Any) -> Any:
        yield FakeConnection(*says)

    with mock.patch.object(websocket, "connect", connect):
        yield


def a_server(rng: random.Random) -> None:
    """Greeting and answers of one, as its client reads them."""
    greeting = {**GREETING, "sharing": rng.choice(("function", "instances", "batch")), "remembers": rng.random() < 0.3}
    answer: Any = {"actions": ACTION} if greeting["sharing"] != "batch" else {"batch": [{"actions": ACTION}] * 2}
    hello = (
        rng.choice(TEXTS)
        if rng.random() < 0.05
        else frame(greeting, rng)
        if rng.random() < 0.6
        else wire.pack(greeting)
    )
    says = rng.choice(TEXTS) if rng.random() < 0.05 else frame(answer, rng)
    with connected(hello, says):
        policy = client.load("ws://127.0.0.1:1", {})
        base.check_spec(loaded(policy, "ws://127.0.0.1:1"), PANDA)
        if isinstance(policy, client.RemoteBatch):
            policy.reset(["e", "f"])
            actions = policy.act_batch([SEEN, {**SEEN, "episode_id": "f"}], ["go", "go"])
        else:
            actions = [policy.act(SEEN, "go")]
        assert all(action.dtype == np.float32 and action.ndim == 2 for action in actions)


class OneByOne:
    """Answers the same to everything."""

    def reset(self, episode_ids: Any) -> None: ...

    def act(self, obs: Any, instr: str) -> Any:
        return ACTION


class Together(OneByOne):
    """So many at once."""

    def act_batch(self, obs_list: Any, instrs: Any) -> Any:
        return [ACTION] * len(obs_list)


def a_question(rng: random.Random) -> None:
    """One to a served policy."""
    batch = rng.random() < 0.3
    session = ClientSession(ServedPolicy(loaded(Together() if batch else OneByOne())))
    asked = {
        "image": SEEN["image"],
        "state": SEEN["state"],
        "prompt": "go",
        "episode_id": "e",
        "camera": "c",
        "begins": True,
    }
    message = wire.unpack(frame({"batch": [asked, asked]} if batch else asked, rng))
    wire.pack(_guarded(lambda: session.answer(message)))


FRAMES = (a_loaded_reply, an_answer, an_answer)
SERVERS = (a_server, a_server, a_question)
WAYS: dict[str, tuple[Callable[[random.Random], None], ...]] = {
    "frames": FRAMES,
    "servers": SERVERS,
    "all": FRAMES + SERVERS,
}


def fuzz(*, seconds: float, seed: int, what: str = "all") -> Counter[str]:
    """How often damage was refused, or made no difference; and each other exception, with how to get it again."""
    seen: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    for number in range(sys.maxsize):
        if time.monotonic() > deadline:
            break
        rng = random.Random(f"{seed} {number}")
        way = rng.choice(WAYS[what])
        try:
            way(rng)
            seen["accepted"] += 1
        except (VlagenError, wire.WireError) as error:
            if str(error).isprintable() and len(str(error)) < 3000:
                seen["refused"] += 1
            else:
                seen[f"{way.__name__} {number}: cannot be printed: {error!r:.200}"] += 1
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            seen[
                f"{way.__name__} {number}: {type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error!s:.200}"
            ] += 1
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--what", choices=WAYS, default="all")
    options = parser.parse_args()
    logging.disable()
    seen = fuzz(seconds=options.seconds, seed=options.seed, what=options.what)
    for what, count in seen.most_common(40):
        print(count, what)
    sys.exit(set(seen) > {"refused", "accepted"} or not seen["refused"])


if __name__ == "__main__":
    main()
