"""Sins: answers that come late or never."""

import os
import signal
import time

from helpers.sins.catalogue import HANGS, LATE, catalogue

SINS, sin = catalogue()


@sin("sleeps, or loops in Python", LATE)
def hang(policy, obs, good):
    while True:
        try:
            time.sleep(60)
        except Exception:
            continue


@sin("goes on after every alarm, and answers too late", LATE)
def late(policy, obs, good):
    try:
        time.sleep(60)
    except BaseException:
        return good


@sin("hangs, and catches BaseException again and again", HANGS, LATE)
def stubborn(policy, obs, good):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            continue


@sin("hangs with the alarm blocked, or inside a C library", HANGS, LATE)
def hang_in_c(policy, obs, good):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)


@sin("stops its process (SIGSTOP)", HANGS, LATE)
def stop(policy, obs, good):
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(60)
