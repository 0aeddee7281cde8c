# SPDX-License-Identifier: Apache-2.0
"""Writes graphs by hand: a small file for each form that exporters, optimisers and quantisers write.

usage: export_graphs.py OUT [NAME...]
"""

import base64
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

import cases
import graphs.functions
import graphs.interfaces
import graphs.networks
import graphs.policies
import graphs.quantized
import graphs.tabular
from graphs.building import GRAPHS

WORDS = ("red", "green", "blue", "black")


def random_input(tensor, rows: int, takes_nan: bool, random) -> np.ndarray:
    shape = [size if isinstance(size, int) else rows for size in tensor.shape]
    element = tensor.type.removeprefix("tensor(").removesuffix(")")
    if element == "string":
        return random.choice(np.array(WORDS, object), shape)
    dtype = np.dtype({"float": "float32", "double": "float64"}.get(element, element))
    if dtype.kind != "f":
        return random.integers(0, 2 if dtype.kind == "b" else 3, shape).astype(dtype)
    values = random.standard_normal(shape).astype(dtype)
    return np.where(random.random(shape) < 0.25, dtype.type(np.nan), values) if takes_nan else values


def described(name: str, array: np.ndarray, **more) -> dict:
    strings = [text.encode() for text in array.flat] if array.dtype.kind == "O" else []
    raw = b"".join(len(text).to_bytes(4, "little") + text for text in strings) or array.tobytes()
    return {"name": name, "datatype": cases.DATATYPES[array.dtype.name],
            "shape": list(array.shape), "raw": base64.b64encode(raw).decode(), **more}


def tolerance(content: bytes, array: np.ndarray) -> float:
    if b"QuantizeLinear" not in content or array.dtype.kind != "f":
        return cases.TOLERANCE
    return cases.QUANTISED_TOLERANCE * float(np.abs(array).max())


def session_of(path: pathlib.Path):
    """ONNX Runtime rounds the rows to 8 bits for weights of 8 bits, unless told not to."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ask(path: pathlib.Path) -> list[dict]:
    """Outputs that differ the second time are random, and left out."""
    session, content = session_of(path), path.read_bytes()
    declared = session.get_inputs()
    names = [output.name for output in session.get_outputs()]
    fixed = all(isinstance(size, int) for tensor in declared for size in tensor.shape)
    random, asked = np.random.default_rng(cases.SEED), []
    for rows in cases.BATCHES[:1] if fixed else cases.BATCHES:
        given = {tensor.name: random_input(tensor, rows, b"IsNaN" in content, random)
                 for tensor in declared}
        first, second = ([np.asarray(value) for value in session.run(names, given)]
                         for _ in range(2))
        outputs = [described(name, a, tolerance=tolerance(content, a))
                   for name, a, b in zip(names, first, second)
                   if np.array_equal(a, b, equal_nan=a.dtype.kind == "f")]
        asked.append({"inputs": [described(*each) for each in given.items()], "outputs": outputs})
    return asked


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] if sys.argv[2:] not in ([], ["graphs"]) else GRAPHS:
        path = cases.folder(out, f"graphs-{name}")
        onnx.save(GRAPHS[name](), path)
        (path.parent.parent / "asked.json").write_text(json.dumps(ask(path)))


if __name__ == "__main__":
    main()
