"""openpi's own client and server on the other side of the wire."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.places import TESTS
from helpers.servers import PICTURE, Telling, ask, remote, sentence, serving
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.remote import wire
from vlagen_bench.policies.remote.mapping import with_border
from vlagen_bench.utils import paths

PEER = TESTS / "helpers" / "openpi_peer.py"


@pytest.fixture(scope="module")
def openpi():
    """A Python that has `openpi-client`, which needs numpy 1, and so an environment of its own; it is kept."""
    venv = paths.cache_dir() / f"openpi-client-0.1.2-py{sys.version_info.major}{sys.version_info.minor}"
    if not (venv / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        # The package imports typing_extensions, but does not ask for it.
        install = [str(venv / "bin/python"), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        try:
            done = subprocess.run(
                [*install, "openpi-client==0.1.2", "typing-extensions"], capture_output=True, text=True, timeout=120
            )
        except subprocess.TimeoutExpired:
            _do_without("openpi-client could not be installed within 120 s")
        if done.returncode:
            _do_without(f"openpi-client cannot be installed: {done.stderr.strip().splitlines()[-1]}")
        (venv / "ready").touch()
    return str(venv / "bin/python")


def _do_without(reason):
    """Continuous integration has to have it: there a test that is skipped would hide a break."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.mark.slow
def test_openpi_asks_what_is_served_here(openpi):
    with serving(Telling(), map="step:ignored") as url:
        command = [openpi, str(PEER), "ask", url.rpartition(":")[2]]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["metadata"]["spec"] == Telling().spec
    assert told["answers"] == [{"shape": [3, 7], "actions": [[0.25] * 7] * 3}] * 2
    (error,) = told["errors"]
    assert "Traceback" in error and "KeyError: 'wrist'" in error


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(48, 64), (64, 48), (31, 97), (224, 224)])
def test_pictures_are_resized_as_openpi_does_it(openpi, shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    done = subprocess.run(
        [openpi, str(PEER), "resize", "224", "160"], input=wire.pack({"image": picture}), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(wire.unpack(done.stdout)["image"], with_border(picture, (224, 160)))


@pytest.mark.slow
def test_what_openpi_serves_is_asked_from_here(openpi):
    with subprocess.Popen([openpi, str(PEER), "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"ws://127.0.0.1:{int(server.stdout.readline())}"
            policy = remote(url, map="observation/image:image,observation/state:state,prompt:prompt")
            expected = np.float32((float(PICTURE.sum()) + 2.5) / 1000)
            assert ask(policy).tolist() == np.full((3, 7), expected).tolist()
            with pytest.raises(PolicyError, match="failed: KeyError: 'observation/wrist_image'") as error:
                ask(policy, "fail")
            assert sentence(error)
            assert ask(policy).shape == (3, 7)  # openpi closes after a failure; another connection is made
            with pytest.raises(PolicyError, match="KeyError: 'observation/image'"):
                ask(remote(url))
        finally:
            server.kill()
