"""Exports scikit-learn MLPs and linear models through skl2onnx.

usage: export_sklearn.py OUT
"""

import pathlib
import sys
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

import cases

INPUTS = 6


def classes(count: int, names=None):
    x, y = make_classification(300, INPUTS, n_informative=4, n_classes=count,
                               random_state=cases.SEED)
    return x.astype(np.float32), np.array(names)[y] if names else y


def plans():
    def mlp(**options):
        return MLPClassifier((12, 8), max_iter=40, random_state=cases.SEED, **options)

    for activation in ("identity", "logistic", "tanh", "relu"):
        yield activation, mlp(activation=activation), classes(3), {"zipmap": False}
    yield "zipmap", mlp(), classes(3), {}
    yield "text_labels", mlp(), classes(3, ["ant", "bee", "cat"]), {"zipmap": False}
    yield "zipmap_text", mlp(), classes(3, ["ant", "bee", "cat"]), {}
    yield "binary", mlp(), classes(2), {"zipmap": False}
    yield "binary_text", mlp(), classes(2, ["no", "yes"]), {}
    x, y = make_multilabel_classification(300, INPUTS, n_classes=3, random_state=cases.SEED)
    yield "multilabel", mlp(), (x.astype(np.float32), y), {"zipmap": False}
    for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler(), MaxAbsScaler()):
        name = type(scaler).__name__
        yield name, make_pipeline(scaler, mlp()), classes(3), {"zipmap": False}
    for targets in (1, 3):
        x, y = make_regression(300, INPUTS, n_targets=targets, random_state=cases.SEED)
        data = x.astype(np.float32), (y / 100).astype(np.float32)
        regressor = MLPRegressor(hidden_layer_sizes=(12,), max_iter=60, random_state=cases.SEED)
        if targets == 1:  # skl2onnx writes several targets as more rows: sklearn-onnx issue 474
            yield "regressor", regressor, data, None
        yield f"linear_regression_{targets}", LinearRegression(), data, None
    yield "logistic_binary", LogisticRegression(), classes(2), {"zipmap": False}
    yield "logistic_classes", LogisticRegression(), classes(3, ["a", "b", "c"]), {}
    yield "logistic_pipeline", make_pipeline(StandardScaler(), LogisticRegression()), \
        classes(3), {"zipmap": False}


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(3)
    for name, model, (x, y), options in plans():
        model.fit(x, y)
        given = None if options is None else {id(model): options}

        def export(path, model=model, x=x, given=given):
            path.write_bytes(to_onnx(model, x[:1], options=given).SerializeToString())

        cases.attempt(out, f"sklearn-{name}", x[:cases.ROWS], export)


if __name__ == "__main__":
    main()
