"""A random policy on openpi's own server, out of its repository: python openpi_random.py CHECKOUT FORM

Prints the port, then serves until it is killed. Of openpi only its server and its client package run, so that JAX is not needed.
"""

import importlib
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(sys.argv[1]) / "src"), str(Path(sys.argv[1]) / "packages/openpi-client/src")]
Server = importlib.import_module("openpi.serving.websocket_policy_server").WebsocketPolicyServer
BasePolicy = importlib.import_module("openpi_client.base_policy").BasePolicy
PICTURE = (224, 224, 3)
FORMS = {
    "libero": (
        7, {"observation/image": PICTURE, "observation/wrist_image": PICTURE, "observation/state": (8,)},
    ),
    "droid": (
        8,
        {
            "observation/exterior_image_1_left": PICTURE, "observation/wrist_image_left": PICTURE,
            "observation/joint_position": (7,), "observation/gripper_position": (1,),
        },
    ),
}  # fmt: skip
"""by form, how many numbers an action has, and what `openpi.policies` reads besides the prompt"""


class Random(BasePolicy):
    """Chunks of a form, as pi0 answers them."""

    def __init__(self, form):
        self._random = np.random.default_rng(0)
        self._size, self._shapes = FORMS[form]

    def infer(self, obs):
        assert set(obs) == {*self._shapes, "prompt"}, sorted(obs)
        for name, shape in self._shapes.items():
            assert obs[name].shape == shape, (name, obs[name].shape)
        assert isinstance(obs["prompt"], str)
        return {"actions": self._random.uniform(-1, 1, (10, self._size))}


def announce(port):
    """Prints the port when the server answers there; openpi's own says nothing."""
    while True:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                print(port, flush=True)
                return
        time.sleep(0.1)


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    chosen = free.getsockname()[1]
threading.Thread(target=announce, args=(chosen,), daemon=True).start()
Server(Random(sys.argv[2]), host="127.0.0.1", port=chosen, metadata={"version": "random"}).serve_forever()
