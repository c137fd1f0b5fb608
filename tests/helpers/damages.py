"""Damages of a run folder of `helpers.runs`, each with what is said of it."""

import io
import json
import shutil

import numpy as np

from helpers.runs import PLAN


def lines_of(run):
    return (run / "episodes.jsonl").read_text().splitlines(keepends=True)


def write_lines(run, lines):
    (run / "episodes.jsonl").write_text("".join(lines))


def line(number, **changes):
    """Changes keys of a line; None removes the key."""

    def damage(run):
        lines = lines_of(run)
        record = json.loads(lines[number - 1]) | changes
        lines[number - 1] = json.dumps({key: value for key, value in record.items() if value is not ...}) + "\n"
        write_lines(run, lines)

    return damage


def text_of_line(number, text):
    def damage(run):
        lines = lines_of(run)
        lines[number - 1] = text or lines[number - 1].replace('"metrics": {', '"metrics": {"tool_source_m": 1e999, ')
        write_lines(run, lines)

    return damage


def header(**changes):
    def damage(run):
        content = json.loads((run / "header.json").read_text()) | changes
        content = {key: value for key, value in content.items() if value is not ...}
        (run / "header.json").write_text(json.dumps(content))

    return damage


def actions(change):
    """Changes the file of the first episode's actions."""
    return lambda run: change(run / "actions" / f"{PLAN.episodes[0].id}.npz")


def plan(change):
    def damage(run):
        content = json.loads((run / "plan.json").read_text())
        change(content)
        (run / "plan.json").write_text(json.dumps(content))

    return damage


LINE_DAMAGES = {
    "broken JSON in the middle": (text_of_line(2, '{"id": \n'), 2, "is not a record of an episode"),
    "half a letter": (line(2, error="\ud800"), 2, "is not a record of an episode"),
    "an empty line": (text_of_line(2, "\n"), 2, "is not a record of an episode"),
    "a list for a line": (text_of_line(3, "[]\n"), 3, "is not a record of an episode"),
    "NaN": (text_of_line(3, '{"id": NaN}\n'), 3, "is not a record of an episode"),
    "an id that is not in the plan": (line(4, id="ff"), 4, "the episode ff is not in plan.json"),
    "an id of a wrong type": (line(4, id=["ff"]), 4, "is not in plan.json"),
    "a progress that is no number": (line(3, metrics={"progress": True}), 3, "the metric progress is True"),
    "more oversized steps than steps": (line(3, metrics={"oversized_steps": 9999}), 3, "oversized_steps is 9999, of "),
    "a path shorter than the straight line": (
        line(2, metrics={"path_ratio": 0.9}), 2, "path_ratio is 0.9, and it is at least 1",
    ),
    "a negative force": (line(3, metrics={"thing_force_n": -1.0}), 3, "thing_force_n is -1.0, and it is at least 0"),
    "a share of a thing": (line(3, metrics={"things_toppled": 0.5}), 3, "the metric things_toppled is 0.5"),
    "a force that is not said": (line(3, metrics={"table_force_n": None}), 3, "the metric table_force_n is None"),
    "hits without a force": (
        line(3, metrics={"table_hits": 2, "table_force_n": 0.0}), 3, "table_hits is 2, but table_force_n is 0",
    ),
    "a force without a hit": (
        line(3, metrics={"table_hits": 0, "table_force_n": 9.0}), 3, "table_hits is 0, but table_force_n is 9",
    ),
    "a success that took no time": (
        line(2, metrics={"time_to_success_s": None}), 2, "the outcome is 'success', but time_to_success_s is null",
    ),
    "the outcome turned": (line(2, outcome="failure"), 2, "the outcome is 'failure', but success_at_end is true"),
    "the flag turned": (line(2, success_at_end=False), 2, "the outcome is 'success', but success_at_end is false"),
    "the other flag turned": (line(2, success_once=False), 2, "success_at_end is true, but success_once is false"),
    "an outcome without flags": (line(2, success_at_end=None), 2, "but a success flag is null"),
    "an error with flags": (line(2, outcome="error", error="it broke"), 2, "but there is a success flag"),
    "an error that is not said": (
        line(2, outcome="error", success_at_end=None, success_once=None), 2, "but the error is not said",
    ),
    "an error of a success": (line(2, error="it broke"), 2, "but there is an error"),
    "an outcome that is a list": (line(2, outcome=["success"]), 2, "outcome: expected one of"),
    "an unknown outcome": (line(2, outcome="won"), 2, "outcome: expected one of"),
    "steps that are text": (line(2, steps="4"), 2, "steps: expected an int"),
    "no steps": (line(2, steps=0), 2, "steps is 0, and the outcome 'success'"),
    "steps beyond the limit": (line(2, steps=81), 2, "steps is 81, and an episode of tabletop_put_on with this outcome has 1 to"),
    "a failure with the steps of a success": (
        line(2, outcome="failure", success_at_end=False, success_once=False), 2, "steps is 4, and .* with this outcome has 80",
    ),
    "a success with a failure's trouble": (
        line(2, metrics={"trouble": "dropped"}), 2, "the outcome is 'success', but trouble is \"dropped\"",
    ),
    "a success that was never": (
        line(2, metrics={"first_success_step": None}), 2, "success_once is true, but first_success_step is null",
    ),
    "a success before the last step": (
        line(2, metrics={"first_success_step": 3}), 2, "first_success_step is 3, but .* ends at its first success",
    ),
    "a success after the last step": (line(2, metrics={"first_success_step": 9}), 2, "first_success_step is 9 of 4 steps"),
    "a success that is not placed": (line(2, metrics={"placed": False}), 2, "'success', but placed is false"),
    "a success without all progress": (line(2, metrics={"progress": 0.5}), 2, "'success', but progress is 0.5"),
    "progress beyond the end": (line(2, metrics={"progress": 1.5}), 2, "progress is 1.5, and it is from 0 to 1"),
    "held and never grasped": (
        line(2, metrics={"grasped_now": True, "grasped": False}), 2, "grasped_now is true, but grasped is false",
    ),
    "a distance without end": (
        text_of_line(2, None), 2, "the metric tool_source_m is inf",
    ),
    "a time before the beginning": (line(2, timings={"total_s": -1.0}), 2, "the timing total_s is -1.0"),
    "negative steps": (line(2, steps=-1), 2, "steps is -1"),
    "metrics that are a list": (line(2, metrics=[]), 2, "metrics: expected a mapping"),
    "a metric that is a list": (line(2, metrics={"trouble": ["dropped"]}), 2, "the metric trouble is"),
    "a metric that is null": (line(2, metrics={"grasped": None}), 2, "the metric grasped is None"),
    "a metric that is a number": (line(2, metrics={"grasped": 1}), 2, "the metric grasped is 1"),
    "a time that is text": (line(2, timings={"total_s": "long"}), 2, "the timing total_s is 'long'"),
    "a key that is missing": (line(2, steps=...), 2, "the key 'steps' is missing"),
    "a key that is unknown": (line(2, colour="red"), 2, "There is no key 'colour'"),
    "a condition renamed": (line(2, condition="nominal", twin=None), 2, "is not that of the episode"),
    "values edited": (line(2, values={}), 2, "'values' is not that of the episode"),
    "an episode twice": (lambda run: write_lines(run, [*lines_of(run), lines_of(run)[0]]), 7, "has a result already"),
}  # fmt: skip
FILE_DAMAGES = {
    "no header": (lambda run: (run / "header.json").unlink(), "is not a run folder: it has no header.json. It has results"),
    "neither header nor results": (
        lambda run: [(run / name).unlink() for name in ("header.json", "episodes.jsonl")], "it has no header.json. It has results"
    ),
    "a header with half a letter": (header(renderer="\ud800"), "header.json cannot be read: it is not JSON"),
    "a header that is not JSON": (lambda run: (run / "header.json").write_text("{"), "header.json cannot be read"),
    "a header that is a list": (lambda run: (run / "header.json").write_text("[]"), "header.json cannot be read"),
    "a header of bytes": (lambda run: (run / "header.json").write_bytes(b"\xff\xfe"), "header.json cannot be read"),
    "a header without a suite": (header(suite=...), "header.json: the key 'suite' is missing"),
    "a header without a policy": (header(policy=...), "header.json: the key 'policy' is missing"),
    "a header without a pack": (header(pack=...), "header.json: the key 'pack' is missing"),
    "a header with a key more": (header(colour="red"), "header.json: There is no key 'colour'"),
    "an oracle that is text": (header(oracle="no"), "header.json: oracle: expected a bool"),
    "another schema": (header(schema=2), "was written in schema 2"),
    "another seed": (header(seed=7), "header.json was edited: seed is 7, but that of plan.json is 0"),
    "another number of episodes": (
        header(episodes_per_condition=4), "was edited: episodes_per_condition is 4, but plan.json has 3",
    ),
    "another pack": (
        header(pack={"name": "bridge", "version": 1, "stand_ins": []}), "was edited: the pack is 'bridge', but the task",
    ),
    "an oracle that is none": (
        header(policy={"name": "expert", "arguments": {}}), "was edited: oracle is false, but the policy 'expert' is one",
    ),
    "none that is an oracle": (
        header(policy={"name": "noop", "arguments": {}}, oracle=True), "oracle is true, but the policy 'noop' is none",
    ),
    "a stop with an interval of nothing": (
        header(stopped={"until": "width<1", "episodes": 3, "intervals": {"x": [0, 1]}}), "interval of 'x', which is no condition",
    ),
    "a stop with an interval of too much": (
        header(stopped={"until": "width<1", "episodes": 3, "intervals": {"table_test": [0, 9]}}), "from 0.0 to 9.0",
    ),
    "a stop after too many": (header(stopped={"until": "width<1", "episodes": 99, "intervals": {}}), "after 99 episodes"),
    "no actions": (actions(lambda file: file.unlink()), "lacks the actions of the episode"),
    "empty actions": (actions(lambda file: file.write_bytes(b"")), "or what is there of them is too short"),
    "actions cut off": (actions(lambda file: file.write_bytes(file.read_bytes()[:300])), "is too short"),
    "no folder of actions": (lambda run: shutil.rmtree(run / "actions"), "and 5 more, or what is there"),
    "another plan's hash": (header(plan_hash="0"), "plan.json is not the plan that header.json names"),
    "another suite": (header(suite={"name": "core", "version": 1, "task": "x"}), "is not the plan that header.json"),
    "other conditions": (header(conditions=["nominal"]), "is not the plan that header.json names"),
    "no plan": (lambda run: (run / "plan.json").unlink(), "plan.json cannot be read: there is no such file"),
    "a plan that is not JSON": (lambda run: (run / "plan.json").write_text("{"), "plan.json cannot be read"),
    "a plan that is a list": (lambda run: (run / "plan.json").write_text("[]"), "it has no list of episodes"),
    "a plan without episodes": (plan(lambda p: p["episodes"].clear()), "is not the plan that header.json names"),
    "a plan's episode edited": (plan(lambda p: p["episodes"][1].update(seed=9)), "it was edited"),
    "a plan's episode of a wrong type": (plan(lambda p: p["episodes"].__setitem__(1, 3)), r"episodes\[1\]: expected"),
    "a plan's suite edited": (plan(lambda p: p["suite"].update(colour="red")), "There is no key 'colour'"),
    "results that are a folder": (
        lambda run: [(run / "episodes.jsonl").unlink(), (run / "episodes.jsonl").mkdir()], "episodes.jsonl cannot be read"
    ),
}  # fmt: skip
DAMAGES = {name: (spoil, says) for name, (spoil, _, says) in LINE_DAMAGES.items()} | FILE_DAMAGES


LOSSES = {
    "missing": lambda file: file.unlink(),
    "empty": lambda file: file.write_bytes(b""),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "one bit": lambda file: file.write_bytes(file.read_bytes()[:-400] + b"\x55" + file.read_bytes()[-399:]),
    "of fewer steps": lambda file: file.write_bytes(_file_of(3)),
    "of more steps": lambda file: file.write_bytes(_file_of(9)),
}


def _file_of(steps):
    stored = io.BytesIO()
    np.savez(stored, actions=np.zeros((steps, 7), np.float32), state_hashes=np.zeros(steps + 1, np.uint64))
    return stored.getvalue()
