# SPDX-License-Identifier: Apache-2.0
"""How a graph is written by hand: nodes in ONNX's text form, weights by name."""

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

GRAPHS = {}  # by name: a function that gives the onnx.ModelProto
IR_VERSIONS = {
    7: 3,
    8: 3,
    9: 4,
    10: 5,
    11: 6,
    12: 7,
    13: 7,
    14: 7,
    15: 8,
    16: 8,
    17: 8,
    18: 8,
    19: 9,
    20: 9,
    21: 10,
    22: 10,
    23: 11,
    24: 12,
    25: 13,
}
DOMAINS = '"com.microsoft": 1, "ai.onnx.ml": 3, "own": 1'


def weight(name: str, value) -> np.ndarray:
    """An array as it is; of a shape random floats, scaled for products of unit scale."""
    if isinstance(value, np.ndarray):
        return value
    random = np.random.default_rng([ord(c) for c in name] + list(value))
    scale = np.sqrt(value[0]) if len(value) > 1 else 3
    return (random.standard_normal(value) / scale).astype(np.float32)


def text_model(
    opset: int, inputs: str, outputs: str, nodes: str, functions: str = "", **weights
) -> onnx.ModelProto:
    model = onnx.parser.parse_model(
        f'<ir_version: {IR_VERSIONS[opset]}, opset_import: ["": {opset}, {DOMAINS}]>\n'
        f"graph ({inputs}) => ({outputs}) {{\n{nodes}\n}}\n{functions}"
    )
    model.graph.initializer.extend(
        numpy_helper.from_array(weight(name, value), name) for name, value in weights.items()
    )
    return model


def graph(
    name: str, opset: int, inputs: str, outputs: str, nodes: str, functions: str = "", **weights
) -> None:
    """A case: weights are arrays or shapes of random ones."""
    assert name not in GRAPHS, name
    GRAPHS[name] = lambda: text_model(opset, inputs, outputs, nodes, functions, **weights)


def ints(*values) -> np.ndarray:
    return np.array(values, np.int64)


def floats(*values) -> np.ndarray:
    return np.array(values, np.float32)


def scalar(value, dtype=np.float32) -> np.ndarray:
    return np.array(value, dtype)
