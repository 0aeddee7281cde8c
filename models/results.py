# SPDX-License-Identifier: Apache-2.0
"""What is kept beside a model: held-out rows, the trainer's answers, accuracies and their table."""

import csv
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

import datasets

TABLE_BEGIN = "<!-- the table of train.py begins -->\n"
TABLE_END = "<!-- the table of train.py ends -->\n"


def predictions(output: np.ndarray, threshold: float) -> np.ndarray:
    """Class numbers: the largest column, or for a single column whether it reaches `threshold`."""
    if output.shape[1] == 1:
        return (output[:, 0] >= threshold).astype(np.int64)
    return output.argmax(axis=1)


def write_held_out(data: datasets.Dataset, folder: pathlib.Path) -> None:
    labels = [data.class_labels[y] for y in data.held_out_y]
    if data.npy_rows:
        np.save(folder / "held_out.npy", data.held_out_x[:data.npy_rows].astype(np.uint8))
        _write_csv(folder / "held_out_labels.csv", ["label"],
                   ([label] for label in labels[:data.npy_rows]))
        return
    rows = ([*map(_shortest, x), label] for x, label in zip(data.held_out_x, labels))
    _write_csv(folder / "held_out.csv", [*data.feature_names, "label"], rows)


def write_expected(predicted: Sequence[str], output: np.ndarray, path: pathlib.Path,
                   labels: Sequence[str] | None = None) -> None:
    """`labels`, the true classes, are for an output of which held_out.csv does not have them."""
    columns = [] if labels is None else [labels]
    header = ["label"] * len(columns)
    columns += [predicted, *([f"{value:.9g}" for value in column] for column in output.T)]
    header += ["predicted", *(f"p{column}" for column in range(output.shape[1]))]
    _write_csv(path, header, zip(*columns))


def read_accuracies(path: pathlib.Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Rows and correct answers of each model's outputs; empty when there is no such file yet."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {(row["model"], row["output"]): (int(row["rows"]), int(row["correct"]))
                for row in csv.DictReader(file)}


def write_accuracies(accuracies: dict[tuple[str, str], tuple[int, int]],
                     path: pathlib.Path) -> None:
    _write_csv(path, ["model", "output", "rows", "correct", "accuracy"],
               ([*key, rows, correct, f"{correct / rows:.4f}"]
                for key, (rows, correct) in accuracies.items()))


def replace_table(lines: Sequence[str], page: pathlib.Path) -> None:
    """Puts `lines` between the two marks of the page."""
    before, rest = page.read_text().split(TABLE_BEGIN)
    after = rest.split(TABLE_END)[1]
    page.write_text(before + TABLE_BEGIN + "".join(f"{line}\n" for line in lines) + TABLE_END
                    + after)


def _shortest(value: np.float32) -> str:
    """The shortest text that reads back as the same float32."""
    return np.format_float_positional(value, unique=True, trim="-")


def _write_csv(path: pathlib.Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
