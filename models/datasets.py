# SPDX-License-Identifier: Apache-2.0
"""The data the models learn from, as float32 rows and class numbers."""

import dataclasses
import gzip
import pathlib

import numpy as np
from sklearn import datasets as sklearn_datasets
from sklearn.model_selection import train_test_split

FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")
FASHION_LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                  "Sneaker", "Bag", "Ankle boot")
SPLIT_SEED = 1


@dataclasses.dataclass
class Dataset:
    feature_names: list[str]
    class_labels: list[str]
    train_x: np.ndarray  # float32 [rows, features], as a client sends them
    train_y: np.ndarray  # int64 [rows], an index into class_labels
    held_out_x: np.ndarray
    held_out_y: np.ndarray
    # (x - offset) * scale, measured on the training rows. None: rows stay as they are.
    offset: np.ndarray | None = None
    scale: np.ndarray | None = None
    # Keep this many held-out rows beside the model, as uint8 in an NPY file. 0: all, in CSV.
    npy_rows: int = 0


def digits() -> Dataset:
    return _normalize_together(_split(sklearn_datasets.load_digits()))


def iris() -> Dataset:
    return _normalize_each(_split(sklearn_datasets.load_iris()))


def breast_cancer() -> Dataset:
    return _normalize_each(_split(sklearn_datasets.load_breast_cancer()))


def xor() -> Dataset:
    """XOR has four rows: those to learn are also those to answer."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([0, 1, 1, 0])
    return Dataset(["x0", "x1"], ["0", "1"], x, y, x, y)


def fashion_mnist() -> Dataset:
    data = Dataset([f"x{i}" for i in range(28 * 28)], list(FASHION_LABELS),
                   *_idx_files("train"), *_idx_files("t10k"), npy_rows=1000)
    return _normalize_together(data)


def _split(bunch) -> Dataset:
    train_x, held_out_x, train_y, held_out_y = train_test_split(
        bunch.data.astype(np.float32), bunch.target.astype(np.int64), test_size=0.2,
        stratify=bunch.target, random_state=SPLIT_SEED)
    return Dataset([str(name) for name in bunch.feature_names],
                   [str(name) for name in bunch.target_names],
                   train_x, train_y, held_out_x, held_out_y)


def _idx_files(prefix: str) -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(FASHION_MNIST / f"{prefix}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28 * 28)
    with gzip.open(FASHION_MNIST / f"{prefix}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images.astype(np.float32), labels.astype(np.int64)


def _normalize_each(data: Dataset) -> Dataset:
    """Mean 0 and variance 1 for each feature by itself: features differ in unit."""
    return _normalize(data, data.train_x.mean(axis=0, dtype=np.float64),
                      data.train_x.std(axis=0, dtype=np.float64))


def _normalize_together(data: Dataset) -> Dataset:
    """Mean 0 and variance 1 over all features: pixels share one unit, and some never vary."""
    features = data.train_x.shape[1]
    return _normalize(data, np.full(features, data.train_x.mean(dtype=np.float64)),
                      np.full(features, data.train_x.std(dtype=np.float64)))


def _normalize(data: Dataset, mean: np.ndarray, deviation: np.ndarray) -> Dataset:
    return dataclasses.replace(data, offset=mean.astype(np.float32),
                               scale=(1 / deviation).astype(np.float32))
