"""Servers of policies on this machine: good ones, and stubs that do what they like with a connection."""

import contextlib
import subprocess
import sys
import threading
from pathlib import Path

import msgpack
import numpy as np
import websockets.sync.server

from helpers.fakes import loaded
from vlagen_bench.policies import base
from vlagen_bench.policies.remote.mapping import parse
from vlagen_bench.policies.remote.server import Server
from vlagen_bench.policies.remote.session import ServedPolicy

PICTURE = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
SEEN = {"image": PICTURE, "images": {"front": PICTURE}, "state": np.array([0.5, 2], np.float32), "episode_id": "e1"}
CHUNK = np.ones((1, 7), np.float32)


class Telling:
    """Answers with what it was shown."""

    def __init__(self, gripper="plus_one_open"):
        self.spec = {"gripper": gripper}
        self.thinks, self.knows = threading.Event(), threading.Event()

    def act(self, obs, instr):
        if instr == "fail":
            raise KeyError("wrist")
        if instr == "exit":
            sys.exit(3)
        if instr == "interrupt":
            raise KeyboardInterrupt
        if instr == "leave":
            raise GeneratorExit
        if instr == "wrong":
            return np.zeros((2, 3, 7))
        if instr == "think":
            self.thinks.set()
            self.knows.wait(60)
        return np.full((3, 7), float(obs["state"][0]), np.float32)


@contextlib.contextmanager
def serving(policy, *, port=0, notes=None, **forms):
    """The address of a server of this policy, which lives in another thread."""
    policy = policy if isinstance(policy, base.LoadedPolicy) else loaded(policy)
    served = ServedPolicy(policy, parse(side="server", **forms))
    server = Server(served, host="127.0.0.1", port=port, note=[].append if notes is None else notes.append)
    with server.listening() as found:
        threading.Thread(target=server.work, daemon=True).start()
        yield f"ws://127.0.0.1:{found}"


@contextlib.contextmanager
def stub(handle, *, greeting=b"\x80", port=0, **options):
    """The address of a server that does what it likes with a connection; raw, without openpi's or our code."""

    def greet_and_handle(connection):
        if greeting is not None:
            connection.send(greeting)
        handle(connection)

    with websockets.sync.server.serve(greet_and_handle, "127.0.0.1", port, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def answering(*frames):
    """Answers each question with the next of these frames; closes where one is None, and after the last."""
    left = iter(frames)

    def handle(connection):
        for _ in connection:
            if (frame := next(left, None)) is None:
                return
            connection.send(frame)

    return handle


def remote(url, **arguments):
    """Waits long where an answer is due: the machine may be busy."""
    return base.load(url, {"connect_s": "60", "reconnect_s": "60", "answer_s": "60", **arguments}).policy


def ask(policy, instr="go", episode="e1"):
    return policy.act({**SEEN, "episode_id": episode}, instr)


def sentence(error):
    text = str(error.value)
    assert text and "\n" not in text and "Traceback" not in text
    return text


def array(data=b"12345678", dtype="<f4", shape=(2,)):
    return msgpack.packb({"a": {b"__ndarray__": True, b"data": data, b"dtype": dtype, b"shape": shape}})


@contextlib.contextmanager
def command(*words, cwd, preexec_fn=None):
    """`vlagen serve`, and the address that it prints."""
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "vlagen"), "serve", *words, "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd,
        preexec_fn=preexec_fn,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line.startswith("Serving "), line + process.stdout.read()
        yield process, "ws://127.0.0.1:" + line.split(". ")[0].rpartition(":")[2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
