# SPDX-License-Identifier: Apache-2.0
"""Exports scikit-learn MLPs, linear models and what stands before and around them through skl2onnx.

usage: export_sklearn.py OUT
"""

import pathlib
import sys
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (BooleanTensorType, DoubleTensorType, FloatTensorType,
                                        Int32TensorType, Int64TensorType, StringTensorType)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (AdaBoostClassifier, BaggingClassifier, BaggingRegressor,
                              StackingClassifier, StackingRegressor, VotingClassifier,
                              VotingRegressor)
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (BayesianRidge, ElasticNet, GammaRegressor, HuberRegressor, Lasso,
                                  LinearRegression, LogisticRegression, LogisticRegressionCV,
                                  Perceptron, PoissonRegressor, Ridge, RidgeClassifier,
                                  SGDClassifier, SGDRegressor, TheilSenRegressor,
                                  TweedieRegressor)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (Binarizer, FunctionTransformer, KBinsDiscretizer, MaxAbsScaler,
                                   MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder,
                                   PolynomialFeatures, PowerTransformer, QuantileTransformer,
                                   RobustScaler, StandardScaler)
from sklearn.svm import LinearSVC, LinearSVR

import cases
from sklearn_data import (INPUTS, RAW, TABLE_TYPES, Plan, classes, codes, multilabel, positive,
                          table, targets, with_empty_rows, with_gaps, with_strangers, words)

def mlp(**options):
    return MLPClassifier(**{"hidden_layer_sizes": (12, 8), "max_iter": 30,
                            "random_state": cases.SEED, **options})


def regressor(**options):
    return MLPRegressor(**{"hidden_layer_sizes": (12,), "max_iter": 30,
                           "random_state": cases.SEED, **options})


def heads():
    for activation in ("identity", "logistic", "tanh", "relu"):
        yield Plan(activation, mlp(activation=activation), classes(3), RAW)
    labels = {"int": None, "shifted": [5, 7, 12], "negative": [-1, 0, 1],
              "text": ["ant", "bee", "cat"]}
    for name, names in labels.items():
        yield Plan(f"labels_{name}", mlp(), classes(3, names), RAW)
        yield Plan(f"labels_{name}_zipmap", mlp(), classes(3, names))
        yield Plan(f"labels_{name}_columns", mlp(), classes(3, names), {"zipmap": "columns"})
    binary = {"int": None, "bool": [False, True], "negative": [-1, 1], "text": ["no", "yes"]}
    for name, names in binary.items():
        yield Plan(f"binary_{name}", mlp(), classes(2, names), RAW)
        yield Plan(f"binary_{name}_zipmap", mlp(), classes(2, names))
        yield Plan(f"logistic_{name}", LogisticRegression(), classes(2, names), RAW)
    yield Plan("multilabel", mlp(), multilabel(), RAW)
    yield Plan("multilabel_default", mlp(), multilabel())
    yield Plan("raw_scores", LogisticRegression(), classes(3),
               {"zipmap": False, "raw_scores": True})
    yield Plan("output_class_labels", mlp(), classes(3, ["a", "b", "c"]),
               {"zipmap": False, "output_class_labels": True})
    for count in (1, 3):
        yield Plan(f"regressor_{count}", regressor(), targets(count))
        yield Plan(f"linear_regression_{count}", LinearRegression(), targets(count))
    yield Plan("logistic_classes", LogisticRegression(), classes(3, ["a", "b", "c"]))


def linear_models():
    for name, data in (("binary", classes(2)), ("text", classes(2, ["no", "yes"])),
                       ("classes", classes(3))):
        yield Plan(f"linear_svc_{name}", LinearSVC(), data)
        yield Plan(f"ridge_{name}", RidgeClassifier(), data, RAW)
        yield Plan(f"perceptron_{name}", Perceptron(), data, RAW)
        yield Plan(f"lda_{name}", LinearDiscriminantAnalysis(), data, RAW)
        for loss in ("log_loss", "hinge", "modified_huber"):
            yield Plan(f"sgd_{loss}_{name}", SGDClassifier(loss=loss, random_state=cases.SEED),
                       data, RAW)
    x, y = targets(1)
    for model in (Ridge(), Lasso(), ElasticNet(), SGDRegressor(random_state=cases.SEED),
                  LinearSVR(), HuberRegressor(), BayesianRidge(),
                  TheilSenRegressor(max_subpopulation=50)):
        yield Plan(type(model).__name__, model, (x, y))
    for count in (1, 2):
        yield Plan(f"pls_{count}", PLSRegression(2), targets(count))
    yield Plan("logistic_cv", LogisticRegressionCV(cv=2), classes(3), RAW)
    for model in (PoissonRegressor(), GammaRegressor(), TweedieRegressor(power=1.5)):
        yield Plan(type(model).__name__, model, positive())


def preprocessors():
    steps = {
        "standard": StandardScaler(), "minmax": MinMaxScaler(), "robust": RobustScaler(),
        "minmax_clip": MinMaxScaler(clip=True),
        "maxabs": MaxAbsScaler(), "l1": Normalizer("l1"), "l2": Normalizer("l2"),
        "max": Normalizer("max"), "binarizer": Binarizer(threshold=0.3), "pca": PCA(3),
        "pca_whiten": PCA(3, whiten=True),
        "select": SelectKBest(k=3), "variance": VarianceThreshold(1.0),
        "select_model": SelectFromModel(LogisticRegression()),
        "eliminate": RFE(LogisticRegression(), n_features_to_select=3),
        "svd": TruncatedSVD(3), "identity_step": FunctionTransformer(),
        "polynomial": PolynomialFeatures(2),
        "polynomial_interactions": PolynomialFeatures(3, interaction_only=True, include_bias=False),
        "bins_onehot": KBinsDiscretizer(4, encode="onehot-dense"),
        "bins_ordinal": KBinsDiscretizer(4, encode="ordinal"),
        "quantile": QuantileTransformer(n_quantiles=20), "power": PowerTransformer(),
        "power_plain": PowerTransformer(standardize=False),
    }
    for name, step in steps.items():
        yield Plan(name, make_pipeline(step, mlp()), classes(3), RAW)
        yield Plan(f"{name}_alone", step, classes(3))
    for name in ("l1", "l2", "max", "maxabs", "power", "quantile", "polynomial"):
        yield Plan(f"{name}_empty_rows", steps[name], with_empty_rows())
    for name in ("standard", "minmax", "robust", "power", "quantile"):
        yield Plan(f"{name}_gaps", make_pipeline(steps[name], SimpleImputer(), mlp()), with_gaps(),
                   RAW)
    yield Plan("power_box_cox", make_pipeline(PowerTransformer("box-cox"), mlp()),
               (np.abs(classes(3)[0]) + 0.1, classes(3)[1]), RAW)
    for strategy in ("mean", "median", "most_frequent", "constant"):
        step = SimpleImputer(strategy=strategy, fill_value=7 if strategy == "constant" else None)
        yield Plan(f"imputer_{strategy}", make_pipeline(step, StandardScaler(), mlp()), with_gaps(),
                   RAW)


def encoders():
    integers, texts = [("X", Int64TensorType([None, INPUTS]))], [("X", StringTensorType([None, 1]))]
    ignore = {"handle_unknown": "ignore", "sparse_output": False}
    unknown = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    for name, data, types in (("int", codes(), integers), ("text", words(), texts)):
        strangers = with_strangers(data[0])
        yield Plan(f"onehot_{name}", make_pipeline(OneHotEncoder(**ignore), mlp()), data, RAW,
                   types, asked=strangers)
        yield Plan(f"onehot_drop_{name}",
                   make_pipeline(OneHotEncoder(drop="first", sparse_output=False), mlp()), data,
                   RAW, types)
        yield Plan(f"ordinal_{name}", make_pipeline(OrdinalEncoder(), mlp()), data, RAW, types)
        yield Plan(f"ordinal_unknown_{name}", make_pipeline(OrdinalEncoder(**unknown), mlp()), data,
                   RAW, types, asked=strangers)
    floats = codes()[0].astype(np.float32), codes()[1]
    yield Plan("onehot_float", make_pipeline(OneHotEncoder(**ignore), mlp()), floats, RAW,
               asked=with_strangers(floats[0]))
    yield Plan("ordinal_float", make_pipeline(OrdinalEncoder(), mlp()), floats, RAW)
    several = [("X", StringTensorType([None, 3]))]
    texts3 = np.hstack([words()[0], np.roll(words()[0], 1), np.roll(words()[0], 2)]), words()[1]
    yield Plan("onehot_texts", make_pipeline(OneHotEncoder(**ignore), mlp()), texts3, RAW, several)
    yield Plan("ordinal_texts", make_pipeline(OrdinalEncoder(), mlp()), texts3, RAW, several)
    yield Plan("onehot_float_alone", OneHotEncoder(**ignore), floats)
    yield Plan("ordinal_alone", OrdinalEncoder(), words(), None, texts)
    yield Plan("onehot_alone", OneHotEncoder(**ignore), words(), None, texts)


def tables():
    onehot = OneHotEncoder(handle_unknown="ignore")
    parts = {
        "scale_onehot": [("n", StandardScaler(), [0, 1]), ("c", onehot, [2, 3])],
        "text": [("n", MinMaxScaler(), [0, 1]), ("c", onehot, [2])],
        "passthrough": [("n", "passthrough", [0, 1]), ("c", onehot, [2])],
        "ordinal": [("n", StandardScaler(), [1, 0]), ("c", OrdinalEncoder(), [2])],
        "drop": [("n", RobustScaler(), [0]), ("d", "drop", [1, 3]), ("c", onehot, [2])],
        "imputed": [("n", make_pipeline(SimpleImputer(), StandardScaler()), [0, 1]),
                    ("c", make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"),
                                        onehot), [2])],
    }
    for name, transformers in parts.items():
        model = make_pipeline(ColumnTransformer(transformers, sparse_threshold=0), mlp())
        yield Plan(f"columns_{name}", model, table(), RAW, TABLE_TYPES)
        yield Plan(f"columns_{name}_zipmap", model, table(), None, TABLE_TYPES)
    numeric = [("a", StandardScaler(), [0, 2]), ("b", MinMaxScaler(), [1]),
               ("c", KBinsDiscretizer(3, encode="onehot-dense"), [3])]
    filled = make_pipeline(SimpleImputer(), FeatureUnion([("scaled", StandardScaler()),
                                                          ("parts", PCA(1))]))
    products = make_pipeline(SimpleImputer(), PolynomialFeatures(2))
    nested = ColumnTransformer([("a", filled, [0, 1, 2]), ("b", products, [4, 5])])
    yield Plan("nested", make_pipeline(nested, StandardScaler(), SelectKBest(k=5), mlp()),
               with_gaps())
    for name, kind, data in (("float", FloatTensorType, classes(3)),
                             ("int", Int64TensorType, codes())):
        yield Plan(f"{name}_columns", make_pipeline(StandardScaler(), mlp()), data, None,
                   [(f"column{i}", kind([None, 1])) for i in range(INPUTS)])
    joined = FeatureUnion([("scaled", StandardScaler()), ("parts", PCA(2))])
    yield Plan("feature_union", make_pipeline(joined, mlp()), classes(3), RAW)
    for rest in ("drop", "passthrough"):
        yield Plan(f"columns_rest_{rest}",
                   make_pipeline(ColumnTransformer(numeric, remainder=rest), mlp()), classes(3),
                   RAW)


def ensembles():
    pair = [("a", mlp()), ("b", mlp(hidden_layer_sizes=(5,)))]

    def voting(kind, **options):
        return VotingClassifier([*pair, ("c", LogisticRegression())], voting=kind,
                                flatten_transform=False, **options)

    for name, data in (("binary", classes(2)), ("classes", classes(3)),
                       ("text", classes(3, ["ant", "bee", "cat"]))):
        for method in ("sigmoid", "isotonic") if name == "binary" else ("sigmoid",):
            yield Plan(f"calibrated_{method}_{name}",
                       CalibratedClassifierCV(mlp(), method=method, cv=2), data, RAW)
        yield Plan(f"calibrated_svc_{name}", CalibratedClassifierCV(LinearSVC(), cv=2), data, RAW)
        yield Plan(f"calibrated_whole_{name}",
                   CalibratedClassifierCV(mlp(), ensemble=False, cv=2), data, RAW)
        yield Plan(f"one_vs_rest_{name}", OneVsRestClassifier(mlp()), data, RAW)
        yield Plan(f"one_vs_rest_linear_{name}", OneVsRestClassifier(LogisticRegression()), data,
                   RAW)
        if name != "text":  # ONNX Runtime takes no file of this one
            yield Plan(f"one_vs_one_{name}", OneVsOneClassifier(LogisticRegression()), data, RAW)
        yield Plan(f"bagging_{name}", BaggingClassifier(mlp(), 3, random_state=cases.SEED), data,
                   RAW)
        yield Plan(f"bagging_columns_{name}", BaggingClassifier(
            mlp(), 3, max_features=4, random_state=cases.SEED), data, RAW)
        yield Plan(f"voting_soft_{name}", voting("soft"), data, RAW)
        yield Plan(f"voting_weights_{name}",
                   voting("soft", weights=np.array([1, 3, 2])), data, RAW)
        yield Plan(f"voting_hard_{name}", voting("hard"), data, RAW)
        yield Plan(f"stacking_{name}", StackingClassifier(pair, LogisticRegression(), cv=2), data,
                   RAW)
        yield Plan(f"stacking_passthrough_{name}",
                   StackingClassifier(pair, mlp(), cv=2, passthrough=True), data, RAW)


def meta_estimators():
    x, y = multilabel()
    yield Plan("one_vs_rest_multilabel", OneVsRestClassifier(mlp()), (x, y), RAW)
    yield Plan("multi_output", MultiOutputClassifier(mlp()), (x, y), RAW)
    yield Plan("multi_output_zipmap", MultiOutputClassifier(mlp()), (x, y))
    yield Plan("multi_output_linear", MultiOutputClassifier(LogisticRegression()), (x, y), RAW)
    yield Plan("multi_output_regressor", MultiOutputRegressor(regressor()), targets(3))
    several = [("a", regressor()), ("b", LinearRegression())]
    pipelines = [("a", make_pipeline(StandardScaler(), mlp())),
                 ("b", CalibratedClassifierCV(LinearSVC(), cv=2))]
    yield Plan("voting_pipelines", VotingClassifier(
        pipelines, voting="soft", flatten_transform=False), classes(3, ["ant", "bee", "cat"]))
    yield Plan("stacking_pipelines", StackingClassifier(
        pipelines, make_pipeline(StandardScaler(), mlp()), cv=2), classes(3, ["ant", "bee", "cat"]))
    for name, data in (("binary", classes(2)), ("classes", classes(3))):
        yield Plan(f"boosting_{name}", AdaBoostClassifier(LogisticRegression(), n_estimators=3),
                   data, RAW)
    yield Plan("grid_search", GridSearchCV(mlp(), {"alpha": [1e-4, 1e-2]}, cv=2), classes(3))
    yield Plan("bagging_regressor", BaggingRegressor(regressor(), 3, random_state=cases.SEED),
               targets(1))
    yield Plan("voting_regressor", VotingRegressor(several, weights=np.array([1, 2])), targets(1))
    yield Plan("stacking_regressor", StackingRegressor(several, LinearRegression(), cv=2),
               targets(1))


def datatypes():
    integers = [("X", Int64TensorType([None, INPUTS]))]
    yield Plan("int64", make_pipeline(StandardScaler(), mlp()), codes(), RAW, integers)
    yield Plan("int64_linear", LogisticRegression(), codes(), RAW, integers)
    yield Plan("int64_polynomial", make_pipeline(PolynomialFeatures(2), mlp()), codes(), RAW,
               integers)
    yield Plan("int32_onehot", make_pipeline(OneHotEncoder(sparse_output=False), mlp()), codes(),
               RAW, [("X", Int32TensorType([None, INPUTS]))])
    x, y = classes(3)
    yield Plan("bool", mlp(), (x > 0, y), RAW, [("X", BooleanTensorType([None, INPUTS]))])
    double, data = [("X", DoubleTensorType([None, INPUTS]))], (x.astype(np.float64), y)
    pair = [("a", mlp()), ("b", mlp(hidden_layer_sizes=(5,)))]
    models = {
        "mlp": mlp(), "scaled": make_pipeline(StandardScaler(), mlp()),
        "pca": make_pipeline(PCA(3), mlp()), "normalized": make_pipeline(Normalizer(), mlp()),
        "binarized": make_pipeline(Binarizer(), mlp()), "one_vs_rest": OneVsRestClassifier(mlp()),
        "bagging": BaggingClassifier(mlp(), 2), "calibrated": CalibratedClassifierCV(mlp(), cv=2),
        "stacking": StackingClassifier(pair, LogisticRegression(), cv=2),
        "voting": VotingClassifier(pair, voting="soft", flatten_transform=False),
    }
    for name, model in models.items():
        yield Plan(f"double_{name}", model, data, RAW, double)
    yield Plan("double_binary", mlp(), (data[0], y > 0), RAW, double)
    for name, model in (("regressor", regressor()), ("linear", LinearRegression())):
        x, y = targets(1)
        yield Plan(f"double_{name}", model, (x.astype(np.float64), y), None, double)


def shapes():
    """Files for a single row, and files that leave the width open."""
    one = [("float_input", FloatTensorType([1, INPUTS]))]
    models = {
        "mlp": mlp(), "scaled": make_pipeline(RobustScaler(), mlp()),
        "bins": make_pipeline(KBinsDiscretizer(4, encode="onehot-dense"), mlp()),
        "quantile": make_pipeline(QuantileTransformer(n_quantiles=10), mlp()),
        "calibrated": CalibratedClassifierCV(mlp(), cv=2), "bagging": BaggingClassifier(mlp(), 3),
    }
    for name, model in models.items():
        yield Plan(f"one_row_{name}", model, classes(3), RAW, one)
        yield Plan(f"one_row_{name}_zipmap", model, classes(3, ["ant", "bee", "cat"]), None, one)
    yield Plan("one_row_regressor", regressor(), targets(3), None, one)
    columns = ColumnTransformer([("n", StandardScaler(), [0, 1]),
                                 ("c", OneHotEncoder(sparse_output=False), [2, 3])])
    yield Plan("one_row_columns", make_pipeline(columns, mlp()), table(), None,
               [(name, type(kind)([1, 1])) for name, kind in TABLE_TYPES])
    yield Plan("open_width", make_pipeline(StandardScaler(), mlp()), classes(3), None,
               [("X", FloatTensorType([None, None]))])


def versions():
    steps = make_pipeline(StandardScaler(), mlp())
    for opset in range(9, 23):
        yield Plan(f"opset{opset}", steps, classes(3), RAW, None, opset)
        yield Plan(f"opset{opset}_binary", mlp(), classes(2), RAW, None, opset)
    for opset in (9, 11, 13, 17):
        columns = ColumnTransformer([("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(), [2])])
        yield Plan(f"opset{opset}_columns", make_pipeline(columns, mlp()), table(), RAW,
                   TABLE_TYPES, opset)
        yield Plan(f"opset{opset}_calibrated", CalibratedClassifierCV(mlp(), cv=2), classes(3), RAW,
                   None, opset)
    for ml in (3, 4, 5):
        opsets = {"": 21, "ai.onnx.ml": ml}
        yield Plan(f"ml{ml}", mlp(), classes(3, ["ant", "bee", "cat"]), None, None, opsets)
        yield Plan(f"ml{ml}_ordinal", make_pipeline(OrdinalEncoder(), mlp()), words(), RAW,
                   [("X", StringTensorType([None, 1]))], opsets)
        yield Plan(f"ml{ml}_ordinal_int", make_pipeline(OrdinalEncoder(), mlp()), codes(), RAW,
                   [("X", Int64TensorType([None, INPUTS]))], opsets)


def plans():
    for group in (heads, linear_models, preprocessors, encoders, tables, ensembles,
                  meta_estimators, datatypes, shapes, versions):
        yield from group()


def export(plan: Plan, path: pathlib.Path) -> None:
    given = None if plan.options is None else {id(plan.model): plan.options}
    sample = None if plan.types else plan.data[0][:1]
    path.write_bytes(to_onnx(plan.model, sample, initial_types=plan.types, options=given,
                             target_opset=plan.opset).SerializeToString())


def rows_of(plan: Plan):
    x = plan.data[0] if plan.asked is None else plan.asked
    x = x[:cases.ROWS]
    if plan.types is None or len(plan.types) == 1:
        return x
    return {name: x[:, column:column + 1] for column, (name, _) in enumerate(plan.types)}


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    onnxruntime.set_default_logger_severity(3)
    for plan in plans():
        plan.model.fit(*plan.data)
        cases.attempt(out, f"sklearn-{plan.name}", rows_of(plan),
                      lambda path, plan=plan: export(plan, path))


if __name__ == "__main__":
    main()
