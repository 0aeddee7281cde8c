# SPDX-License-Identifier: Apache-2.0
"""What every exporter's script shares: how a case is written down.

A case is a folder OUT/MODEL with 1/model.onnx (and its external data) and asked.json: requests in
the file's own names, datatypes and shapes, with the answers of ONNX Runtime. Each is {"inputs":
TENSORS, "outputs": TENSORS}, a tensor {"name", "datatype", "shape", "raw"}, where raw are the bytes
of raw_input_contents in base64; an output has a "tolerance" besides.
"""

import base64
import json
import pathlib
import shutil

import numpy as np
import onnxruntime

BATCHES = (1, 3, 32)
ROWS = sum(BATCHES)
SEED = 20
TOLERANCE = 1e-5  # of the value, or absolute below 1
QUANTISED_TOLERANCE = 1e-2  # of an output's largest value: about one step of 8 bits
DATATYPES = {"bool": "BOOL", "object": "BYTES", **{f"float{n}": f"FP{n}" for n in (16, 32, 64)},
             **{f"{u}int{n}": f"{u.upper()}INT{n}" for u in ("", "u") for n in (8, 16, 32, 64)}}


def rows(width: int, spread: float = 2.0) -> np.ndarray:
    return (np.random.default_rng(SEED).standard_normal((ROWS, width)) * spread).astype(np.float32)


def folder(out: pathlib.Path, model: str) -> pathlib.Path:
    version = out / model / "1"
    version.mkdir(parents=True, exist_ok=True)
    return version / "model.onnx"


def _raw(array: np.ndarray) -> bytes:
    if array.dtype.kind != "O":
        return array.tobytes()
    strings = [str(string).encode() for string in array.flat]
    return b"".join(len(string).to_bytes(4, "little") + string for string in strings)


def _tensor(name: str, array: np.ndarray, **more) -> dict:
    return {"name": name, "datatype": DATATYPES[array.dtype.name], "shape": list(array.shape),
            "raw": base64.b64encode(_raw(array)).decode(), **more}


def _input(declared, values: np.ndarray, first: int, count: int) -> np.ndarray:
    """These rows as the file declares them."""
    element = declared.type.removeprefix("tensor(").removesuffix(")")
    dtype = {"float": "float32", "double": "float64", "string": "object"}.get(element, element)
    shape = [size if isinstance(size, int) else -1 for size in declared.shape]
    shape = [count if i == shape.index(-1) else size for i, size in enumerate(shape)] \
        if -1 in shape else shape
    return np.asarray(values)[first:first + count].astype(dtype).reshape(shape)


def _answer(value) -> np.ndarray:
    """A map a row (ZipMap) becomes [rows, classes]; tensors in a sequence join along axis 1."""
    if isinstance(value, list) and isinstance(value[0], np.ndarray):
        return np.stack(value, axis=1)
    if isinstance(value, list):
        return np.array([list(row.values()) for row in value], np.float32)
    return np.asarray(value)


def ask(path: pathlib.Path, x) -> list[dict]:
    """x: the rows of the only input, or of each by its name."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    declared = session.get_inputs()
    values = x if isinstance(x, dict) else {declared[0].name: x}
    names = [output.name for output in session.get_outputs()]
    is_fixed = all(isinstance(size, int) for tensor in declared for size in tensor.shape)
    is_quantised = b"QuantizeLinear" in path.read_bytes()
    asked, first = [], 0
    for count in BATCHES[:1] if is_fixed else BATCHES:
        given = {tensor.name: _input(tensor, values[tensor.name], first, count)
                 for tensor in declared}
        answers = {name: _answer(value) for name, value in zip(names, session.run(names, given))}
        inputs = [_tensor(name, array) for name, array in given.items()]
        outputs = [_tensor(name, array, tolerance=QUANTISED_TOLERANCE * float(np.abs(array).max())
                           if is_quantised else TOLERANCE) for name, array in answers.items()]
        asked.append({"inputs": inputs, "outputs": outputs})
        first += count
    return asked


def attempt(out: pathlib.Path, model: str, x, export) -> None:
    """One case: export(path) writes the model. What an exporter cannot write, or ONNX Runtime
    cannot run, is no case. x: see ask()."""
    path = folder(out, model)
    try:
        export(path)
        asked = ask(path, x)
        (path.parent.parent / "asked.json").write_text(json.dumps(asked))
    except Exception as error:
        print(f"{model}: not exported: {type(error).__name__}: {str(error)[:100]!r}", flush=True)
        shutil.rmtree(path.parent.parent)
