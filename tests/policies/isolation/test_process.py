"""The process of a policy: what it may not reach, and how it ends."""

import json
import os
from pathlib import Path

import pytest

from helpers.fakes import wait_for
from helpers.hostile_runs import EPISODES, FEW, go
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.options import ExecutionOptions
from vlagen_bench.policies.isolation.output import NO_MORE, Output
from vlagen_bench.policies.isolation.proxy import IsolationLimits, load


def test_nothing_that_the_process_says_is_unpickled(tmp_path):
    made = load("helpers.hostile:Forger", {"path": str(tmp_path / "forged")}, IsolationLimits())
    errors = {record["error"] for record in go(tmp_path / "run", made, FEW[:2]).values()}
    assert len(errors) == 1 and "do not understand each other: this is not MessagePack" in errors.pop()
    assert not (tmp_path / "forged").exists()


def test_a_process_ends_with_its_session(tmp_path):
    made = load("helpers.hostile:Hostile", {"sins": json.dumps({EPISODES[1]: "processes"})}, IsolationLimits())
    group = made.policy._cell._process.pid
    assert os.getpgid(group) == group != os.getpgid(0)
    go(tmp_path, made)
    wait_for(lambda: not _members(group), limit_s=8)  # what it left behind would live 10 s


def _members(group):
    """Processes of a group, zombies aside."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = stat.read_text().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        found += [stat.parent.name] if int(process_group) == group and state != "Z" else []
    return found


def test_no_file_of_the_harness_is_open_in_the_process(tmp_path):
    with open(tmp_path / "lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        made = load("helpers.hostile:Good", {}, IsolationLimits())
        folder = f"/proc/{made.policy._cell._process.pid}/fd"
        targets = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
    made.policy.close()
    assert not any("lock" in target for target in targets)
    assert sum(target.startswith(("socket:", "pipe:", "/dev/null")) for target in targets) == len(targets) == 4


def test_what_is_printed_has_an_end(tmp_path):
    output, path = Output(most_bytes=10), tmp_path / "policy.log"
    output.add(b"12345")
    assert output.tail == "12345" and not path.exists()
    output.keep_in(path)
    output.add(b"67890abc")
    output.add(b"def")
    assert path.read_bytes() == b"1234567890" + NO_MORE
    later = Output(most_bytes=10)
    later.keep_in(path)
    later.add(b"again")
    assert path.read_bytes() == b"1234567890" + NO_MORE


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy_memory_mb": 1000.0}, "add --isolate"),
        ({"isolate": True, "policy_memory_mb": 0.0}, "megabytes above 0"),
        ({"isolate": True, "executor": "ray"}, "--isolate needs --executor processes"),
    ],
)
def test_options_of_isolation_that_make_no_sense_are_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        ExecutionOptions(**options).isolation()
    assert ExecutionOptions(isolate=True, step_timeout=5.0).isolation() == IsolationLimits(step_s=5.0)


def test_the_option_that_is_named_lengthens_the_time_to_load():
    assert ExecutionOptions(isolate=True, step_timeout=3000.0).isolation().start_s == 3000.0
