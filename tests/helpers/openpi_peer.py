"""The other side of a wire: openpi's own client, or a server of its own codec. Runs where `openpi-client` is installed.

python openpi_peer.py ask PORT       asks with its WebsocketClientPolicy, and prints the answers
python openpi_peer.py serve          prints its port, and serves until it is killed
python openpi_peer.py resize H W     resizes the picture of a message of standard input with its image_tools
"""

import json
import sys
import traceback

import numpy as np
import websockets.sync.server
from openpi_client import image_tools, msgpack_numpy
from openpi_client.websocket_client_policy import WebsocketClientPolicy

OBSERVATION = {
    "image": np.arange(48, dtype=np.uint8).reshape(4, 4, 3),
    "state": np.array([0.25, -1.5, 3.0], dtype=np.float32),
    "step": np.int64(3),
}


def ask(port):
    policy = WebsocketClientPolicy(host="127.0.0.1", port=port)
    told = {"metadata": policy.get_server_metadata(), "answers": [], "errors": []}
    for prompt in ("put the apple on the plate", "fail", "again"):
        try:
            answer = policy.infer({**OBSERVATION, "prompt": prompt})
            told["answers"].append({"shape": answer["actions"].shape, "actions": answer["actions"].tolist()})
        except RuntimeError as error:
            told["errors"].append(str(error))
    print(json.dumps(told))


def infer(question):
    if question["prompt"] == "fail":
        raise KeyError("observation/wrist_image")
    total = float(question["observation/image"].sum()) + float(question["observation/state"].sum())
    return {"actions": np.full((3, 7), total / 1000, dtype=np.float64), "policy_timing": {"infer_ms": np.float32(1)}}


def handle(connection):
    connection.send(msgpack_numpy.packb({"model": "pi0", "norm": np.ones(2)}))
    for frame in connection:
        try:
            connection.send(msgpack_numpy.packb(infer(msgpack_numpy.unpackb(frame))))
        except Exception:
            connection.send(traceback.format_exc())
            connection.close(code=1011, reason="Internal server error. Traceback included in previous frame.")


def serve():
    with websockets.sync.server.serve(handle, "127.0.0.1", 0, compression=None, max_size=None) as server:
        print(server.socket.getsockname()[1], flush=True)
        server.serve_forever()


def resize(height, width):
    picture = msgpack_numpy.unpackb(sys.stdin.buffer.read())["image"]
    sys.stdout.buffer.write(msgpack_numpy.packb({"image": image_tools.resize_with_pad(picture, height, width)}))


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "resize": resize}[sys.argv[1]](*map(int, sys.argv[2:]))
