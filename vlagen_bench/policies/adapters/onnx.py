"""The adapter `onnx`: a network in an ONNX file, run by onnxruntime."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.adapters.base import Model
from vlagen_bench.policies.adapters.files import listed
from vlagen_bench.policies.adapters.model_files import ModelFile, batched
from vlagen_bench.policies.adapters.observations import PictureForm
from vlagen_bench.policies.adapters.onnx_file import weights_beside
from vlagen_bench.utils import installing
from vlagen_bench.utils.text import one_line

KINDS = {"float": "float32", "double": "float64"}
"""of onnxruntime's names, those that differ from numpy's"""
VALUES = {"float32": "unit", "uint8": "bytes"}
"""by the kind of a picture's numbers, the argument `values` that gives it"""


class Onnx(ModelFile):
    """Inputs go by name, and the first output is the answer."""

    NAME = "onnx"
    ABOUT: ClassVar[str] = "a network in an ONNX file; inputs by name, conventions by argument"

    def beside(self, path: Path) -> tuple[Path, ...]:
        """The files that it names as holding its weights."""
        return weights_beside(path)

    def connect(self) -> Model:
        """The network, on CUDA where onnxruntime has it."""
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise PolicyError(installing.lacking(f"The adapter {self.NAME}", error.name, "onnx")) from None
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self.options.get("threads", 1)
        path = self.file()
        self.beside(path)
        try:
            session = onnxruntime.InferenceSession(str(path), settings, providers=onnxruntime.get_available_providers())
        except Exception as error:  # onnxruntime has a class of its own for each way in which a file is wrong
            raise PolicyError(f"onnx: {self.checkpoint} cannot be read: {one_line(error).rstrip('.')}.") from None

        def answer(given: Mapping[str, Any]) -> Any:
            arrays = batched(given)
            try:
                return session.run(None, arrays)[0]
            except Exception as error:  # the same
                raise PolicyError(
                    f"onnx: the network fails on {listed(arrays)}: {one_line(error).rstrip('.')}. Pictures of another size: size=HxW."
                ) from None

        example = self.example()
        self._expect({one.name: one for one in session.get_inputs()}, batched(example))
        self.numbers(answer(example))
        return lambda inputs: [answer(given) for given in inputs]

    def _expect(self, wanted: Mapping[str, Any], given: Mapping[str, np.ndarray]) -> None:
        """Raises `PolicyError` if the network's inputs are not those that are given: their names, kinds and fixed sizes."""
        if sorted(wanted) != sorted(given):
            shapes = ", ".join(f"{name} {list(one.shape)}" for name, one in wanted.items())
            raise PolicyError(
                f"onnx: the network takes {shapes}; it would be given {', '.join(given)}. Name them: --policy-args "
                f"cameras=image:off,THEIRS:primary state_name=THEIRS, or with_state=no."
            )
        wrong = [name for name, value in given.items() if not _fits(wanted[name], value)]
        if not wrong:
            return
        takes = ", ".join(f"{name} {_kind(wanted[name])} {list(wanted[name].shape)}" for name in wrong)
        mends = dict.fromkeys(mend for name in wrong for mend in self._mends(name, wanted[name], given[name]))
        how = f"Give --policy-args {' '.join(mends)}" if mends else "Export it with inputs of that form"
        raise PolicyError(
            f"onnx: the network takes {takes}; it would be given {listed({name: given[name] for name in wrong})}. {how}."
        )

    def _mends(self, name: str, wanted: Any, given: np.ndarray) -> Iterator[str]:
        """The arguments with which the input would be given as it is wanted, as far as there are any."""
        form, shape = self.conventions.pictures.get(name), list(wanted.shape)
        if form is not None:
            yield from _of_picture(form, _kind(wanted), shape, given)
        elif len(shape) == given.ndim and isinstance(shape[-1], int) and shape[-1] != given.shape[-1]:
            yield f"state=PARTS (of {shape[-1]} numbers; or trained_on=DATA_SET)"


def _of_picture(form: PictureForm, kind: str, shape: list[Any], given: np.ndarray) -> Iterator[str]:
    if kind != str(given.dtype) and kind in VALUES:
        yield f"values={VALUES[kind]}"
    if len(shape) != given.ndim:
        return
    layout = form.layout
    if shape[-1] == 3 != shape[1]:
        layout = "hwc"
    elif shape[1] == 3 != shape[-1]:
        layout = "chw"
    if layout != form.layout:
        yield f"layout={layout}"
    size, drawn = (
        (axes[1:3] if how == "hwc" else axes[2:]) for axes, how in ((shape, layout), (given.shape, form.layout))
    )
    fixed = [one if isinstance(one, int) else now for one, now in zip(size, drawn, strict=True)]
    if fixed != list(drawn):
        yield f"size={fixed[0]}x{fixed[1]}"


def _fits(wanted: Any, given: np.ndarray) -> bool:
    """Whether kind and shape are what the network takes; an axis without a number takes any."""
    same_axes = len(wanted.shape) == given.ndim and all(
        not isinstance(axis, int) or axis == size for axis, size in zip(wanted.shape, given.shape, strict=True)
    )
    return same_axes and _kind(wanted) == str(given.dtype)


def _kind(wanted: Any) -> str:
    """As numpy calls the kind of its numbers."""
    name = str(wanted.type).removeprefix("tensor(").removesuffix(")")
    return KINDS.get(name, name)
