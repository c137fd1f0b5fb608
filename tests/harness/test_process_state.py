import os
import random
import signal
import sys
import threading

import numpy as np
import pytest
import torch

import vlagen_bench
from helpers.evaluated import SMALL, fake_world  # noqa: F401 - a fixture
from helpers.fakes import Stepper
from vlagen_bench.harness.process_state import process_state_kept

pytestmark = pytest.mark.usefixtures("fake_world")


class Untidy:
    """Changes everything that a policy may change."""

    def act(self, obs, instr):
        random.random()
        np.random.rand()
        torch.rand(1)
        torch.set_grad_enabled(False)
        os.chdir("/")
        sys.path.insert(0, "/nowhere")
        return Stepper().act(obs, instr)


def draws():
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def seed():
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)


def test_an_evaluation_between_two_epochs_changes_nothing_of_the_process():
    policy = Untidy()
    seed()
    expected = [draws(), draws()]
    signal.signal(signal.SIGUSR1, handler := lambda *_: None)
    before = os.getcwd(), list(sys.path), np.geterr(), signal.getsignal(signal.SIGINT)
    seed()
    found = [draws()]
    run = vlagen_bench.evaluate(policy, **SMALL)
    found.append(draws())
    assert run.complete and found == expected, "training draws the same numbers, evaluated or not"
    assert (os.getcwd(), list(sys.path), np.geterr(), signal.getsignal(signal.SIGINT)) == before
    assert torch.is_grad_enabled() and signal.getsignal(signal.SIGUSR1) is handler
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)


def test_a_handler_that_was_replaced_comes_back():
    with process_state_kept():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_alarm_of_the_caller_rings_afterwards():
    rung = []
    signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 100.0)
    vlagen_bench.evaluate(Stepper(), **SMALL)
    left_s, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert 0 < left_s < 100


def test_another_thread_does_not_put_back_random_states_that_this_one_moved_on():
    inside, go_on = threading.Event(), threading.Event()

    def evaluating():
        with process_state_kept():
            inside.set()
            go_on.wait(60)

    seed()
    expected = [draws(), draws()]
    seed()
    thread = threading.Thread(target=evaluating)
    thread.start()
    inside.wait(60)
    found = [draws()]
    go_on.set()
    thread.join()
    assert [*found, draws()] == expected
