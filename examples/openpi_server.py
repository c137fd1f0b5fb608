"""A policy server that speaks openpi's protocol, in one file: it needs websockets, msgpack and numpy, and not vlagen_bench.

Replace `Model` by your model, and start it where the GPU is:

    python examples/openpi_server.py --port 8000
    vlagen-eval --policy ws://127.0.0.1:8000 --workers 4

Each message is a MessagePack map. The server first sends its metadata. Then it answers each question with {"actions": float32 (H, 7)}.
"""

import argparse
import time
import traceback
from functools import partial

import msgpack
import numpy as np
from websockets.sync.server import ServerConnection, serve

METADATA = {
    "policy": "examples/openpi_server.py",
    "spec": {"action_dim": 7, "rotation": "delta_euler_xyz_rad_base_frame", "gripper": "plus_one_open"},
}
"""sent at the start; vlagen_bench checks `spec` before the first episode"""


class Model:
    """A stand-in for a model: it lifts the tool to 0.25 m above the robot's base, and holds still."""

    def infer(self, question: dict) -> np.ndarray:
        """Eight actions (8, 7) float32: metres, radians, gripper +1 open."""
        image, state, prompt = question["image"], question["state"], question["prompt"]
        assert image.dtype == np.uint8 and image.ndim == 3 and isinstance(prompt, str)
        actions = np.zeros((8, 7), dtype=np.float32)
        actions[:, 2] = np.clip(0.25 - state[2], -0.16, 0.16) / 8
        actions[:, 6] = 1.0
        return actions


def encode(value):
    """Arrays as openpi's msgpack_numpy writes them."""
    if isinstance(value, np.ndarray):
        return {b"__ndarray__": True, b"data": value.tobytes(), b"dtype": value.dtype.str, b"shape": value.shape}
    if isinstance(value, np.generic):
        return {b"__npgeneric__": True, b"data": value.item(), b"dtype": value.dtype.str}
    raise TypeError(f"{type(value).__name__} cannot be sent")


def decode(value):
    """The inverse of `encode`."""
    if b"__ndarray__" in value:
        return np.frombuffer(value[b"data"], dtype=value[b"dtype"]).reshape(value[b"shape"])
    if b"__npgeneric__" in value:
        return np.dtype(value[b"dtype"]).type(value[b"data"])
    return value


def answer(model: Model, frame: bytes) -> bytes:
    """The answer to one question."""
    start = time.monotonic()
    question = msgpack.unpackb(frame, object_hook=decode)
    actions = model.infer(question)
    timing = {"infer_ms": (time.monotonic() - start) * 1000}
    return msgpack.packb({"actions": actions, "server_timing": timing}, default=encode)


def talk(connection: ServerConnection, model: Model) -> None:
    """Serves one client until it leaves. A text frame says why there is no answer."""
    connection.send(msgpack.packb(METADATA, default=encode))
    for frame in connection:
        try:
            connection.send(answer(model, frame))
        except Exception:
            connection.send(traceback.format_exc())


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free port")
    arguments = parser.parse_args()
    model = Model()
    with serve(partial(talk, model=model), arguments.host, arguments.port, compression=None, max_size=None) as server:
        host, port = server.socket.getsockname()[:2]
        print(f"Serving ws://{host}:{port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
