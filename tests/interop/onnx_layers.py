# SPDX-License-Identifier: Apache-2.0
"""The ONNX project's backend tests of activation operators, as layers of the server.

A test of one node that is the ONNX form of an activation becomes rows for a layer with that
activation, and the rows that ONNX expects of it. The node tests' expected outputs come from NumPy, those of the
converted models from PyTorch.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import warnings
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import onnx
import onnx.backend.test.case.node
import onnx.backend.test.loader

CONVERTED = ("pytorch-converted", "pytorch-operator", "simple")  # kinds with models in the package
MOST_COLUMNS = 64  # of an elementwise layer; a longer tensor becomes several rows
LARGEST = float(np.finfo(np.float32).max)

# What ONNX's Clip does without a bound; ours is relu6 then.
NO_BOUNDS = {"min": -LARGEST, "max": LARGEST}


@dataclasses.dataclass(frozen=True)
class Form:
    """An operator as an activation of the server's table."""
    activation: str
    scope: str
    parameters: Mapping[str, str]  # ours by ONNX's names

    @property
    def by_row(self) -> bool:
        return self.scope == "row"

    @property
    def has_slopes(self) -> bool:
        """One a column, kept with the layer and not among the parameters."""
        return self.scope == "per unit"


def read_forms(table: Iterable[Mapping]) -> dict[str, Form]:
    """The forms that `hillock activations --json` lists, by the operator as _operator() has it."""
    return {_key(form["op"], form.get("approximate", "none")):
            Form(entry["name"], entry["scope"],
                 {parameter["onnx"]: parameter["name"] for parameter in entry["params"]})
            for entry in table if (form := entry["onnx"])}


class Skip(Exception):
    """Why a test cannot be asked of the server."""


@dataclasses.dataclass(frozen=True)
class LayerTest:
    name: str
    operator: str
    activation: str
    parameters: dict[str, float]
    slopes: np.ndarray | None  # one a column
    rows: np.ndarray
    want: np.ndarray  # as rows


@dataclasses.dataclass(frozen=True)
class Source:
    """A backend test as the ONNX project has it."""
    name: str
    model: onnx.ModelProto
    inputs: list
    outputs: list

    @property
    def opset(self) -> int:
        return next(entry.version for entry in self.model.opset_import if not entry.domain)

    def has_activation(self, forms: Mapping[str, Form]) -> bool:
        return any(not node.domain and _operator(node) in forms for node in self.model.graph.node)


def exists(operator: str) -> bool:
    """Whether the installed ONNX has the operator."""
    return onnx.defs.has(operator.split()[0])


def read_sources() -> Iterator[Source]:
    """All tests, of whatever operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tests of other operators overflow on purpose
        cases = onnx.backend.test.case.node.collect_testcases(None)
    for case in cases:
        for inputs, outputs in case.data_sets:
            yield Source(case.name, case.model, list(inputs), list(outputs))
    for kind in CONVERTED:
        cases = onnx.backend.test.loader.load_model_tests(kind=kind)
        for case in sorted(cases, key=lambda case: case.name):
            if case.model_dir:
                yield from _read_folder(case.name, pathlib.Path(case.model_dir))


def to_layer_test(source: Source, forms: Mapping[str, Form]) -> LayerTest:
    """Raises Skip when the server has no such layer."""
    if len(source.model.graph.node) != 1:
        raise Skip("more than one node")
    node, = source.model.graph.node
    operator = _operator(node)
    form = forms[operator]
    x, *others = _bound_inputs(source, node)
    want, = source.outputs
    _check(value for value in (x, want, *others) if value is not None)
    given = (NO_BOUNDS if operator == "Clip" else {}) | _attributes(node)
    given |= {name: value for name, value in zip(_further_inputs(node, source.opset), others)
              if value is not None}
    slopes = _slopes(given["slope"], x.shape, source.opset) if form.has_slopes else None
    if form.by_row:
        rows, want = (_axis_rows(t, given.get("axis"), source.opset) for t in (x, want))
    else:
        columns = x.size if slopes is not None else _columns(x.size)
        rows, want = x.reshape(-1, columns), want.reshape(-1, columns)
    parameters = {} if form.has_slopes else _parameters(form, given)
    return LayerTest(source.name, operator, form.activation, parameters, slopes, rows, want)


def _further_inputs(node: onnx.NodeProto, opset: int) -> list[str]:
    """ONNX's names of the inputs after the first."""
    return [entry.name for entry in onnx.defs.get_schema(node.op_type, opset).inputs[1:]]


def _parameters(form: Form, given: Mapping) -> dict[str, float]:
    parameters = {ours: float(given[theirs]) for theirs, ours in form.parameters.items()
                  if theirs in given}
    if parameters.get("min", -LARGEST) > parameters.get("max", LARGEST):
        parameters["min"] = parameters["max"]  # as ONNX has it, and the server wants to be told
    return parameters


def _key(operator: str, approximate: str) -> str:
    return operator if approximate == "none" else f"{operator} {approximate}"


def _attributes(node: onnx.NodeProto) -> dict:
    return {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}


def _operator(node: onnx.NodeProto) -> str:
    """The node's, with the attribute `approximate` behind it when that is not "none"."""
    approximate = _attributes(node).get("approximate", b"none").decode()
    return _key(node.op_type, approximate)


def _read_folder(name: str, folder: pathlib.Path) -> Iterator[Source]:
    model = onnx.load(folder / "model.onnx")
    for data in sorted(folder.glob("test_data_set_*")):
        yield Source(name, model, _read_tensors(data, "input"), _read_tensors(data, "output"))


def _read_tensors(folder: pathlib.Path, prefix: str) -> list[np.ndarray]:
    count = len(list(folder.glob(f"{prefix}_*.pb")))
    return [onnx.numpy_helper.to_array(onnx.load_tensor(folder / f"{prefix}_{i}.pb"))
            for i in range(count)]


def _bound_inputs(source: Source, node: onnx.NodeProto) -> list:
    """The value of each input of the node, None for one left out."""
    graph = source.model.graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    names = [entry.name for entry in graph.input if entry.name not in values]
    values |= dict(zip(names, source.inputs))
    return [values[name] if name else None for name in node.input]


def _check(values: Iterable) -> None:
    for value in values:
        if not isinstance(value, np.ndarray | np.generic):
            raise Skip("not a tensor")
        if value.dtype != np.float32:
            raise Skip(f"{value.dtype}, not float32")
        if not np.all(np.isfinite(value)):
            raise Skip("not finite, which the server refuses")


def _columns(size: int) -> int:
    return max(count for count in range(1, MOST_COLUMNS + 1) if size % count == 0)


def _slopes(slope: np.ndarray, shape: tuple[int, ...], opset: int) -> np.ndarray:
    """One for each element. Before operator set 7 several slopes were those of axis 1."""
    if opset < 7 and slope.size > 1:
        slope = slope.reshape(-1, *[1] * (len(shape) - 2))
    return np.broadcast_to(slope, shape).ravel()


def _axis_rows(tensor: np.ndarray, axis: int | None, opset: int) -> np.ndarray:
    """A row for what the function sees at a time: before 13 everything from the axis on."""
    if opset < 13:
        axis = (1 if axis is None else axis) % tensor.ndim
        return tensor.reshape(math.prod(tensor.shape[:axis]), -1)
    axis = -1 if axis is None else axis
    return np.moveaxis(tensor, axis, -1).reshape(-1, tensor.shape[axis])
