"""Adapters without models, what they would see, and mistakes that are planted into them."""

import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np

from vlagen_bench.diagnostics.adapter_check.recording import recording
from vlagen_bench.policies.adapters import names
from vlagen_bench.policies.adapters.datasets import published_statistics
from vlagen_bench.policies.conversion import images

ALL = tuple(names.ADAPTERS)
CROPPED = "openvla-7b+bridge_orig--image_aug"
"""a checkpoint whose name says that it was trained on crops"""
FILES = ("onnx", "torchscript", "sb3")


def adapter(name, **arguments):
    if name != "openvla":
        return names.adapter_class(name).without_model("somewhere" if name in FILES else "", **arguments)
    with tempfile.TemporaryDirectory() as place:
        shipped = published_statistics()
        folder = checkpoint_in(Path(place) / CROPPED, shipped, "config.json")
        checkpoint_in(folder, {"bridge_orig": shipped["bridge_orig"]})
        return names.adapter_class(name).without_model(str(folder), **arguments)


def checkpoint_in(folder, statistics, file="dataset_statistics.json"):
    """A folder with statistics of actions by key, as OpenVLA's checkpoints have them; what it holds is read when it is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {
        key: {"action": {name: list(value) for name, value in vars(one).items() if value}}
        for key, one in statistics.items()
    }
    (folder / file).write_text(json.dumps({"norm_stats": held} if file == "config.json" else held))
    return folder


def obs(scene="tabletop", step=0):
    return recording(scene).obs(step)


def broken(name, plant, **arguments):
    """An adapter whose author made a mistake: `plant` makes another adapter of it, in place."""
    made = adapter(name, **arguments)
    plant(made)
    return made


def with_actions(change):
    """A mistake in the code of `decode`: `change` is done to its actions (H, 7)."""

    def plant(made):
        right = made.decode
        made.decode = lambda output, situation: change(np.array(right(output, situation), np.float64))

    return plant


def with_pictures(change):
    """A mistake in the code of `encode`: `change` is done to every picture, whatever its layout, as uint8 (H, W, 3)."""

    def plant(made):
        right = made.encode

        def encode(seen, instr):
            given = right(seen, instr)
            for key, form in made.conventions.pictures.items():
                bytes_ = images.byte_range(given[key]) if form.values == "unit" else given[key]
                whole = images.channels_last(bytes_) if form.layout == "chw" else bytes_
                whole = change(whole)
                whole = images.channels_first(whole) if form.layout == "chw" else whole
                given[key] = images.unit_range(whole) if form.values == "unit" else whole
            return given

        made.encode = encode

    return plant


def with_form(**fields):
    """A mistake in what is read: another field of the action's form than is declared."""

    def plant(made):
        action = dataclasses.replace(made.conventions.output.action, **fields)
        output = dataclasses.replace(made.conventions.output, action=action)
        made.conventions = dataclasses.replace(made.conventions, output=output)

    return plant
