"""The base of the adapters `onnx` and `torchscript`: files that hold a network and say nothing of what it was trained with.

Unless the arguments say otherwise, one picture `image`, float32 (3, H, W) from 0 to 1, and the state, both with a leading axis of
one; the network answers actions of this package, (7,), (H, 7) or (1, H, 7). `trained_on` names another data set; `statistics` a file
that undoes a normalisation which the network does not undo itself.
"""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.actions import OutputForm
from vlagen_bench.policies.adapters.conventions import Conventions
from vlagen_bench.policies.adapters.datasets import VLAGEN, dataset
from vlagen_bench.policies.adapters.files import FileAdapter
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.readers import Read, steps, whole, word, yes_or_no
from vlagen_bench.policies.adapters.statistics import KeyedStatistics, read_statistics
from vlagen_bench.utils.text import shown


class ModelFile(FileAdapter):
    """A network in a file."""

    ARGUMENTS: ClassVar[Mapping[str, Read]] = {
        "trained_on": word,
        "statistics": word,
        "unnorm_key": word,
        "with_state": yes_or_no,
        "state_name": word,
        "chunk": steps,
        "threads": whole(1, 1024),
    }

    def declare(self) -> Conventions:
        """As the data set says that the network was trained on, with the statistics that the user has for it."""
        data = dataset(self.options.get("trained_on", VLAGEN.name))
        output, known = OutputForm(action=data.action), self.known
        if known.own:
            key = data.name if data.name in known.actions else known.key_for(self.options.get("unnorm_key"))
            output = dataclasses.replace(output, key=key, statistics=known.of_actions(key))
        return Conventions(
            pictures={"image": PictureForm(turn=data.turn, layout="chw", values="unit")},
            state=data.state if self.options.get("with_state", True) else None,
            state_key=self.options.get("state_name", "state"),
            prompt_key="",
            output=output,
            chunk=self.options.get("chunk", 0),
            replan_steps=0,
        )

    def configured(self) -> Conventions:
        """With the statistics under the key that the user names."""
        declared, key = self.declare(), self.options.get("unnorm_key")
        if key is None:
            return declared
        if not self.known.own:
            raise PolicyError(f"unnorm_key={shown(key, 60)}: of what? Give the file that has it: statistics=FILE")
        output = dataclasses.replace(declared.output, key=key, statistics=self.known.of_actions(key))
        return dataclasses.replace(declared, output=output)

    @cached_property
    def known(self) -> KeyedStatistics:
        """The statistics in the file that the user gives; none without one."""
        file = self.options.get("statistics")
        return KeyedStatistics(actions={}, source="") if file is None else read_statistics(Path(file))

    def unpack(self, output: Any) -> np.ndarray:
        """The actions (H, n), without a leading batch of one."""
        values = np.asarray(output, np.float64)
        return np.atleast_2d(values[0] if values.ndim == 3 and len(values) == 1 else values)


def batched(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Inputs with a leading axis of one."""
    return {name: np.asarray(value)[None] for name, value in given.items()}
