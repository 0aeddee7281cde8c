"""What every exporter's script shares: how a case is written down.

A case is a folder OUT/MODEL with 1/model.onnx (and its external data), rows.f32, expected.f32 (the
answers of ONNX Runtime to these rows, floats as they lie in memory, several outputs side by side) and,
where the model has labels, labels.txt with those of a row on each line.
"""

import pathlib
import shutil

import numpy as np
import onnxruntime

ROWS = 24
SEED = 20


def rows(width: int, spread: float = 2.0) -> np.ndarray:
    return (np.random.default_rng(SEED).standard_normal((ROWS, width)) * spread).astype(np.float32)


def folder(out: pathlib.Path, model: str) -> pathlib.Path:
    version = out / model / "1"
    version.mkdir(parents=True, exist_ok=True)
    return version / "model.onnx"


def _answers(session, x: np.ndarray) -> list:
    """Row by row where the file fixes the batch at one row."""
    given = session.get_inputs()[0]
    kind = {"tensor(double)": np.float64, "tensor(int64)": np.int64}.get(given.type, np.float32)
    x = x.astype(kind)
    if given.shape[0] == 1:
        parts = [session.run(None, {given.name: x[i:i + 1]}) for i in range(len(x))]
        return [np.concatenate(values) for values in zip(*parts)]
    return session.run(None, {given.name: x})


def _floats(value, count: int) -> np.ndarray:
    if isinstance(value, list):  # ZipMap: a dictionary a row
        value = np.array([list(row.values()) for row in value])
    return np.asarray(value, np.float32).reshape(count, -1)


def write_expected(path: pathlib.Path, x: np.ndarray) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    shaped = x.reshape([len(x)] + list(given.shape[1:])) if len(given.shape) > 2 else x
    names = [output.name for output in session.get_outputs()]
    values = dict(zip(names, _answers(session, shaped)))
    model = path.parent.parent
    labels = [name for name in names if "label" in name]
    for name in labels:
        label = np.asarray(values.pop(name))
        lines = [" ".join(str(each) for each in row) for row in label.reshape(len(x), -1)]
        (model / "labels.txt").write_text("\n".join(lines) + "\n", "utf-8")
    floats = np.hstack([_floats(value, len(x)) for value in values.values()])
    x.astype("<f4").tofile(model / "rows.f32")
    floats.astype("<f4").tofile(model / "expected.f32")


def attempt(out: pathlib.Path, model: str, x: np.ndarray, export) -> None:
    """One case: export(path) writes the model. What an exporter cannot write, or ONNX Runtime cannot
    run, is no case."""
    path = folder(out, model)
    try:
        export(path)
        write_expected(path, x)
    except Exception as error:
        print(f"{model}: not exported: {type(error).__name__}: {str(error)[:100]!r}", flush=True)
        shutil.rmtree(path.parent.parent)
