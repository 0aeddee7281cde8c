# SPDX-License-Identifier: Apache-2.0
"""What the models of export_sklearn.py are fitted to and asked."""

import dataclasses

import numpy as np
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression

import cases

INPUTS = 6
SAMPLES = 300
CITIES = ["Bonn", "Kiel", "Ulm"]


@dataclasses.dataclass
class Plan:
    """A model, what it is fitted to, and how it is exported."""
    name: str
    model: object
    data: tuple
    options: dict | None = None  # of the model; None: the exporter's own
    types: list | None = None  # (name, type) of each input; None: FLOAT [None, columns]
    opset: int | dict | None = None
    asked: np.ndarray | None = None  # rows of the requests; None: the first that it is fitted to


def classes(count: int, names=None):
    x, y = make_classification(SAMPLES, INPUTS, n_informative=4, n_classes=count,
                               random_state=cases.SEED)
    return x.astype(np.float32), np.array(names)[y] if names else y


def multilabel():
    x, y = make_multilabel_classification(SAMPLES, INPUTS, n_classes=3, random_state=cases.SEED)
    return x.astype(np.float32), y


def targets(count: int):
    x, y = make_regression(SAMPLES, INPUTS, n_targets=count, random_state=cases.SEED)
    return x.astype(np.float32), (y / 100).astype(np.float32)


def positive():
    x, y = targets(1)
    return x, np.exp(y / 2)


def with_gaps():
    x, y = classes(2)
    return np.where(np.random.default_rng(cases.SEED).random(x.shape) < 0.2, np.float32(np.nan),
                    x), y


def with_empty_rows():
    x, y = classes(3)
    return np.where(np.arange(SAMPLES)[:, None] % 4 == 0, np.float32(0), x), y


def codes():
    """Small integers."""
    x, y = classes(3)
    return np.round(np.abs(x)).astype(np.int64), y


def table():
    """Two columns of numbers, one of words and one of integers."""
    x, y = classes(2)
    words = np.array(CITIES, object)[np.round(np.abs(x[:, 2])).astype(int) % 3]
    integers = np.round(np.abs(x[:, 3])).astype(np.int64) % 4
    return np.array([x[:, 0], x[:, 1], words, integers], object).T, y


def words():
    return table()[0][:, 2:3], table()[1]


def with_strangers(x):
    """With values in some rows that the model has never seen."""
    x = x.copy()
    for row in range(0, len(x), 3):
        x[row, row % x.shape[1]] = "K\u00f6ln" if x.dtype == object else 50
    return x


TABLE_TYPES = [("age", FloatTensorType([None, 1])), ("height", FloatTensorType([None, 1])),
               ("city", StringTensorType([None, 1])), ("rooms", Int64TensorType([None, 1]))]
RAW = {"zipmap": False}
