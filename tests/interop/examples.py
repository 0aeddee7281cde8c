# SPDX-License-Identifier: Apache-2.0
"""The rows and the trainer's answers beside each model of models/; see models/README.md there."""

import array
import csv
import dataclasses
import pathlib
from collections.abc import Iterator

TOLERANCE = 1e-5


@dataclasses.dataclass
class Example:
    """A model, or one output of a model with several."""
    model: str
    output: str  # name of the floats
    asked: list[str]  # outputs to name in a request: none when there is one
    width: int
    rows: array.array  # float32, [count, width]
    labels: list[str]  # the true classes
    predicted: list[str]  # the trainer's classes
    expected: list[float]  # the trainer's answers, [count, outputs]
    correct: int  # of the trainer's classes, by accuracy.csv

    @property
    def count(self) -> int:
        return len(self.labels)

    @property
    def outputs(self) -> int:
        return len(self.expected) // self.count

    def each_row(self) -> Iterator[array.array]:
        return (self.rows[i:i + self.width] for i in range(0, len(self.rows), self.width))

    def request(self, rows: array.array) -> dict:
        """A ModelInferRequest as clients write it that send JSON."""
        return {"model_name": self.model,
                "outputs": [{"name": name} for name in self.asked],
                "inputs": [{"name": "input", "datatype": "FP32",
                            "shape": [len(rows) // self.width, self.width],
                            "contents": {"fp32_contents": list(rows)}}]}

    def verdict(self, values, labels: list[str]) -> str:
        """A line about an answer to all rows; AssertionError when it is not the trainer's."""
        assert len(values) == len(self.expected), f"{len(values)} values"
        error = max(abs(got - want) for got, want in zip(values, self.expected))
        assert error <= TOLERANCE, f"off by {error:.1e}, want at most {TOLERANCE:.0e}"
        assert labels == self.predicted, "other labels than the trainer's"
        correct = sum(got == want for got, want in zip(labels, self.labels))
        assert correct == self.correct, f"{correct} correct, want {self.correct}"
        return f"{correct} of {self.count} correct, off by {error:.0e} at most"


def read_all(models: pathlib.Path) -> list[Example]:
    by_model: dict[str, list[list[str]]] = {}
    for model, *rest in _lines(models / "accuracy.csv"):
        by_model.setdefault(model, []).append(rest)
    return [_read(models, model, output, int(correct), is_first=i == 0, is_only=len(outputs) == 1)
            for model, outputs in by_model.items()
            for i, (output, _, correct, _) in enumerate(outputs)]


def _lines(path: pathlib.Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def _read(models: pathlib.Path, model: str, output: str, correct: int, is_first: bool,
          is_only: bool) -> Example:
    folder = models / model
    if (folder / "held_out.npy").exists():
        labels = [line[0] for line in _lines(folder / "held_out_labels.csv")]
        rows = array.array("f", list(_npy_bytes(folder / "held_out.npy")))
    else:
        lines = _lines(folder / "held_out.csv")
        labels = [line[-1] for line in lines]
        rows = array.array("f", (float(field) for line in lines for field in line[:-1]))
    width = len(rows) // len(labels)
    if is_first:
        expected = _lines(folder / "expected.csv")
    else:
        labels, *columns = zip(*_lines(folder / f"expected-{output}.csv"))
        expected = list(zip(*columns))
    return Example(model=model, output=output, asked=[] if is_only else [output, f"{output}_label"],
                   width=width, rows=rows, labels=list(labels),
                   predicted=[line[0] for line in expected],
                   expected=[float(field) for line in expected for field in line[1:]],
                   correct=correct)


def _npy_bytes(path: pathlib.Path) -> bytes:
    """The elements of an NPY file, format 1, of unsigned bytes in row-major order."""
    content = path.read_bytes()
    start = 10 + int.from_bytes(content[8:10], "little")
    assert content.startswith(b"\x93NUMPY\x01"), path
    assert b"'|u1', 'fortran_order': False" in content[:start], path
    return content[start:]
