"""GR00T's own protocol: the axes of questions, and a server of its form on this machine."""

import contextlib
import threading

import numpy as np
import pytest

from helpers.adapted import adapter, obs
from vlagen_bench.policies import base


@pytest.mark.parametrize("protocol", ["n1.5", "n1.6"])
def test_gr00ts_questions_have_the_axes_that_its_server_wants(protocol):
    made = adapter("gr00t", protocol=protocol)
    asked = made.question(made.encode(obs("bridge"), "go"))
    language = "annotation.human.action.task_description"
    if protocol == "n1.5":
        assert asked["video.image_0"].shape == (1, 256, 256, 3) and asked["state.x"].shape == (1, 1)
        assert asked[language] == ["go"]
    else:
        inner = asked["observation"]
        assert inner["video"]["image_0"].shape == (1, 1, 256, 256, 3) and inner["state"]["gripper"].shape == (1, 1, 1)
        assert inner["language"] == {language: [["go"]]} and asked["options"] is None
    with pytest.raises(base.PolicyError, match="the answer has no roll"):
        made.unpack({f"action.{name}": np.zeros(16) for name in ("x", "y", "z", "pitch", "yaw", "gripper")})


def parts(**others):
    """An answer of 16 actions, with other parts in place of some."""
    names = ("x", "y", "z", "roll", "pitch", "yaw", "gripper")
    return {name: others.get(name, np.zeros((1, 16, 1))) for name in names}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([], "the server answered an empty list, not the parts"),
        (None, "the server answered a NoneType, not the parts"),
        ([None, {}], "the server answered a NoneType, not the parts"),
        ([parts(x=np.zeros((2, 16, 1))), {}], "x of the answer has the shape (2, 16, 1); expected is one number"),
        ([parts(x=np.zeros((2, 16))), {}], "x of the answer has the shape (2, 16); expected is one number"),
        ([parts(x=np.float32(1)), {}], "x of the answer has the shape ()"),
        ([parts(x=None), {}], "x of the answer has the shape ()"),
        ([parts(x="far"), {}], "x of the answer is a str, not numbers"),
        ([parts(gripper=np.zeros((1, 8, 1))), {}], "of unequal numbers of actions: x 16, y 16"),
        (parts() | {3: 0}, None),
    ],
)
def test_an_answer_that_gr00t_cannot_have_meant_is_one_sentence(answer, says):
    made = adapter("gr00t")
    if says is None:
        assert made.unpack(answer).shape == (16, 7)
        return
    with pytest.raises(base.PolicyError) as raised:
        made.unpack(answer)
    assert says in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("shape", [(16,), (16, 1), (1, 16), (1, 16, 1)])
def test_a_part_of_gr00ts_answer_may_have_axes_of_one(shape):
    values = {name: np.arange(16.0).reshape(shape) for name in parts()}
    np.testing.assert_array_equal(adapter("gr00t").unpack(values), np.repeat(np.arange(16.0)[:, None], 7, axis=1))


def test_arrays_to_gr00t_are_written_and_read():
    msgpack = pytest.importorskip("msgpack")
    from vlagen_bench.policies.adapters.gr00t import read, written

    sent = {"observation": {"video": np.arange(6, dtype=np.uint8).reshape(1, 2, 3)}, "options": None}
    back = msgpack.unpackb(msgpack.packb(sent, default=written), object_hook=read)
    np.testing.assert_array_equal(back["observation"]["video"], sent["observation"]["video"])


@contextlib.contextmanager
def gr00t_server(answer):
    """The address of a server of the form of NVIDIA's: one question after the other, answered by what `answer` makes of it."""
    zmq, msgpack = pytest.importorskip("zmq"), pytest.importorskip("msgpack")
    from vlagen_bench.policies.adapters.gr00t import read, written

    socket = zmq.Context.instance().socket(zmq.REP)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    ended = threading.Event()

    def work():
        while not ended.is_set():
            if socket.poll(20):
                said = answer(msgpack.unpackb(socket.recv(), object_hook=read))
                if said is not None:
                    socket.send(said if isinstance(said, bytes) else msgpack.packb(said, default=written))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        ended.set()
        thread.join()
        socket.close(linger=0)


def test_a_gr00t_server_is_asked_and_its_answers_are_converted():
    asked = []

    def answer(request):
        asked.append(request)
        parts = {name: np.zeros((1, 16, 1), np.float32) for name in ("x", "y", "z", "roll", "pitch", "yaw", "gripper")}
        parts["z"] += 0.02
        return [parts, {}]

    with gr00t_server(answer) as address:
        policy = base.load(f"gr00t:{address}", {"api_token": "secret"}).policy
        actions = policy.act({**obs("bridge"), "episode_id": "a"}, "go")
        policy.close()
    np.testing.assert_allclose(actions, np.tile([0, 0, 0.02, 0, 0, 0, -1], (8, 1)), atol=1e-6)
    (request,) = asked
    assert (request["endpoint"], request["api_token"]) == ("get_action", "secret")
    assert request["data"]["observation"]["video"]["image_0"].shape == (1, 1, 256, 256, 3)


@pytest.mark.parametrize("said", [b"ERROR", {"error": "ERROR: no such key"}])
def test_what_a_gr00t_server_complains_about_is_said(said):
    with gr00t_server(lambda request: said) as address:
        policy = base.load(f"gr00t:{address}", {}).policy
        with pytest.raises(base.PolicyError, match="says: ERROR"):
            policy.act(obs("bridge"), "go")
        policy.close()


def test_a_gr00t_server_that_is_silent_is_asked_the_next_question_too():
    with gr00t_server(lambda request: None) as silent:
        policy = base.load(f"gr00t:{silent}", {"answer_s": "0.2"}).policy
        for _ in range(2):  # ZeroMQ would refuse the second one on the same connection
            with pytest.raises(base.PolicyError, match=r"does not answer within 0\.2 s"):
                policy.act(obs("bridge"), "go")
        policy.close()


def test_the_state_for_gr00t_is_seen_as_the_data_set_saw_it():
    bridge, libero = (adapter("gr00t", trained_on=name).conventions.state for name in ("bridge_orig", "libero"))
    assert bridge.rest_quat_wxyz != libero.rest_quat_wxyz and bridge.base_m != libero.base_m
    assert bridge.parts == libero.parts
