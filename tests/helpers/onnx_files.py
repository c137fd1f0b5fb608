"""A small policy as an ONNX file."""

import numpy as np
import pytest


def onnx_file(path, picture=("image", "FLOAT", [1, 3, 256, 256]), state=15, **saving):
    """A network of the same numbers: x is the mean of the picture, z a tenth of the tool's height."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    name, values, shape = picture
    column = np.zeros((state, 7), np.float32)
    column[2, 2] = 0.1
    row = np.zeros((1, 7), np.float32)
    row[0, 0] = 1
    last = np.eye(7, dtype=np.float32)[6:]
    constants = [
        onnx.numpy_helper.from_array(value, name) for name, value in (("column", column), ("row", row), ("last", last))
    ]
    nodes = [
        helper.make_node("Cast", [name], ["numbers"], to=kind),
        helper.make_node("ReduceMean", ["numbers"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "row"], ["x"]),
        helper.make_node("MatMul", ["state", "column"], ["z"]),
        helper.make_node("Add", ["x", "z"], ["moves"]),
        helper.make_node("Add", ["moves", "last"], ["action"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, getattr(onnx.TensorProto, values), shape),
        helper.make_tensor_value_info("state", kind, [1, state]),
    ]
    graph = helper.make_graph(
        nodes, "policy", inputs, [helper.make_tensor_value_info("action", kind, [1, 7])], constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path, **saving)
    return path
