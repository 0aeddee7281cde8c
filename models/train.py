#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the models of this folder and writes each with its held-out rows and answers.

    models/train.py                            all of them, about two minutes on one core
    models/train.py --only digits-relu,iris    some
    models/train.py --out DIR                  elsewhere than in this folder

Fails if a model misses the accuracy it must reach, or if what the written file computes, in plain
numpy and float64, is not what torch computed.
"""

import argparse
import dataclasses
import pathlib
import sys
from collections.abc import Callable

sys.dont_write_bytecode = True  # a folder of bytecode would look like a model to the server

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

import datasets
import mlp_file
import networks
import reference
import results

PRODUCER = "hillock models/train.py"
TOLERANCE = 1e-5  # between torch in float32 and numpy in float64, relative above 1
SEED = 1


@dataclasses.dataclass(frozen=True)
class Descent:
    """Adam, the learning rate falling to 0 along a cosine."""
    epochs: int
    rate: float
    batch: int
    weight_decay: float = 0.0
    first_weights: float = 1.0  # scales torch's first weights of the first layer


@dataclasses.dataclass(frozen=True)
class Head:
    """An output, and what it tells of a row."""
    output: str
    width: int
    activation: str
    must_reach: float = 0.0  # accuracy on the held-out rows
    threshold: float = mlp_file.DEFAULT_THRESHOLD  # of a single column: the second class begins
    class_labels: tuple[str, ...] = ()             # empty: those of the data
    class_of: Callable[[np.ndarray], np.ndarray] = lambda y: y  # of the data's class numbers

    def labels(self, data: datasets.Dataset) -> list[str]:
        return list(self.class_labels or data.class_labels)

    def label_of(self, numbers: np.ndarray, data: datasets.Dataset) -> list[str]:
        labels = self.labels(data)
        return [labels[number] for number in numbers]


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    widths: tuple[int, ...]       # of the input, then of every layer
    activations: tuple[str, ...]  # of every layer
    load: Callable[[], datasets.Dataset] | None = None  # None: a curve, nothing to learn
    descent: Descent | None = None                      # None: logistic regression
    must_reach: float = 0.0                             # as in Head, of the last layer
    output: str = "probabilities"
    threshold: float = mlp_file.DEFAULT_THRESHOLD
    further_heads: tuple[Head, ...] = ()                # that read what the last layer reads

    @property
    def heads(self) -> tuple[Head, ...]:
        last = Head(self.output, self.widths[-1], self.activations[-1], self.must_reach,
                    self.threshold)
        return (last, *self.further_heads)

    def network(self, offset: np.ndarray | None = None,
                scale: np.ndarray | None = None) -> networks.Network:
        return networks.Network(self.widths, self.activations, offset, scale,
                                [(head.width, head.activation) for head in self.further_heads])


DIGITS_DESCENT = Descent(epochs=100, rate=0.003, batch=32, weight_decay=1e-4)


def digits(activation: str, must_reach: float, first_weights: float = 1.0) -> Model:
    descent = dataclasses.replace(DIGITS_DESCENT, first_weights=first_weights)
    return Model(f"digits-{activation}", (64, 32, 10), (activation, "softmax"), datasets.digits,
                 descent, must_reach)


def curve(activation: str) -> Model:
    """One unit that hands its input straight to the activation."""
    return Model(f"curve-{activation}", (1, 1), (activation,), output="y")


def xor(activation: str) -> Model:
    """One neuron that says which of the two classes by its sign."""
    return Model(f"xor-{activation}", (2, 1), (activation,), datasets.xor,
                 Descent(epochs=1000, rate=0.05, batch=4), 1.0, output="output", threshold=0.0)


MODELS = (
    digits("identity", 0.95),
    digits("step", 0.93),
    digits("sigmoid", 0.96),
    digits("tanh", 0.96),
    digits("relu", 0.96),
    digits("leaky_relu", 0.96),
    digits("prelu", 0.96),
    digits("elu", 0.96),
    digits("swish", 0.96),
    digits("gelu_erf", 0.96),
    digits("sin", 0.96),
    digits("ncu", 0.95, first_weights=0.25),  # z - z^3 runs away outside [-1, 1]: start inside
    Model("digits-heads", (64, 32, 10), ("relu", "softmax"), datasets.digits, DIGITS_DESCENT, 0.95,
          output="digit",
          further_heads=(Head("parity", 1, "sigmoid", 0.96, class_labels=("odd", "even"),
                              class_of=lambda digit: (digit + 1) % 2),)),
    Model("iris", (4, 16, 3), ("tanh", "softmax"), datasets.iris,
          Descent(epochs=100, rate=0.01, batch=16, weight_decay=1e-4), 0.93),
    Model("logistic-breast-cancer", (30, 1), ("sigmoid",), datasets.breast_cancer,
          must_reach=0.97),
    xor("sin"),
    xor("ncu"),
    Model("fashion-mnist", (784, 512, 256, 10), ("relu", "relu", "softmax"),
          datasets.fashion_mnist, Descent(epochs=10, rate=0.001, batch=128), 0.89),
    *map(curve, ("identity", "step", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu",
                 "selu", "celu", "swish", "gelu_erf", "gelu_tanh", "mish", "softplus", "softsign",
                 "hard_sigmoid", "hard_swish", "clip", "thresholded_relu", "log_sigmoid", "sin",
                 "gcu", "ncu", "abs", "square", "relu_squared", "sqrt", "reciprocal", "exp", "log",
                 "log1p", "cos", "atan", "erf", "gaussian", "squareplus", "snake", "tanhshrink",
                 "hardshrink", "softshrink", "shrink")),
)


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(1)
    threadpool_limits(1)  # sums split over threads would not be reproducible
    accuracy_file = arguments.out / "accuracy.csv"
    accuracies = results.read_accuracies(accuracy_file)
    for model in arguments.only:
        if model.load is None:
            make_curve(model, arguments.out)
        else:
            accuracies |= make_model(model, arguments.out)
    keys = [(model.name, head.output) for model in MODELS for head in model.heads]
    in_order = {key: accuracies[key] for key in keys if key in accuracies}
    results.write_accuracies(in_order, accuracy_file)
    page = arguments.out / "README.md"
    if page.exists():
        results.replace_table(table(in_order), page)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=models_named, default=MODELS, metavar="NAME,...")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        default=pathlib.Path(__file__).resolve().parent)
    return parser.parse_args()


def models_named(text: str) -> list[Model]:
    by_name = {model.name: model for model in MODELS}
    unknown = [name for name in text.split(",") if name not in by_name]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such model: {', '.join(unknown)}")
    return [by_name[name] for name in text.split(",")]


def make_model(model: Model, out: pathlib.Path) -> dict[tuple[str, str], tuple[int, int]]:
    """Trains, writes and checks one model. Returns for each of its outputs the rows kept beside it
    and the correct ones."""
    data = model.load()
    network = learn_by_descent(model, data) if model.descent else fit_logistic(model, data)
    outputs = dict(zip(model.heads, network.run(data.held_out_x)))
    for head, output in outputs.items():
        report(model, head, is_right(head, output, data))
    write_model(model, network, data, out)
    check_file(model, network, data.held_out_x, out)
    folder = out / model.name
    results.write_held_out(data, folder)
    networks.export_onnx(network, folder / "model.onnx", "input",
                         [head.output for head in model.heads])
    for head, output in outputs.items():
        write_expected(model, head, output, data, folder)
    kept = data.npy_rows or len(data.held_out_y)
    return {(model.name, head.output): (kept, int(is_right(head, output, data)[:kept].sum()))
            for head, output in outputs.items()}


def is_right(head: Head, output: np.ndarray, data: datasets.Dataset) -> np.ndarray:
    """For each held-out row, whether the output names its class."""
    return results.predictions(output, head.threshold) == head.class_of(data.held_out_y)


def write_expected(model: Model, head: Head, output: np.ndarray, data: datasets.Dataset,
                   folder: pathlib.Path) -> None:
    kept = slice(data.npy_rows or len(output))
    predicted = head.label_of(results.predictions(output[kept], head.threshold), data)
    if head.output == model.output:
        results.write_expected(predicted, output[kept], folder / "expected.csv")
    else:
        labels = head.label_of(head.class_of(data.held_out_y[kept]), data)
        results.write_expected(predicted, output[kept], folder / f"expected-{head.output}.csv",
                               labels)


def make_curve(model: Model, out: pathlib.Path) -> None:
    network = model.network()
    copy_weights(network, [[1.0]], [0.0])
    write_model(model, network, None, out)
    check_file(model, network, np.linspace(-3, 3, 601, dtype=np.float32).reshape(-1, 1), out)
    networks.export_onnx(network, out / model.name / "model.onnx", "x", [model.output])


def learn_by_descent(model: Model, data: datasets.Dataset) -> networks.Network:
    torch.manual_seed(SEED)
    network = model.network(data.offset, data.scale)
    descent = model.descent
    with torch.no_grad():
        network.dense[0].weight *= descent.first_weights
    x, y = torch.from_numpy(data.train_x), torch.from_numpy(data.train_y)
    optimizer = torch.optim.Adam(network.parameters(), descent.rate,
                                 weight_decay=descent.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, descent.epochs)
    for _ in range(descent.epochs):
        for rows in torch.randperm(len(x)).split(descent.batch):
            optimizer.zero_grad()
            loss(model, network, x[rows], y[rows]).backward()
            optimizer.step()
        schedule.step()
    return network


def loss(model: Model, network: networks.Network, x: torch.Tensor,
         y: torch.Tensor) -> torch.Tensor:
    """The sum over the heads."""
    terms = [head_loss(head, scores, activation, head.class_of(y))
             for head, scores, activation
             in zip(model.heads, network.scores(x), network.head_activations())]
    return sum(terms[1:], start=terms[0])


def head_loss(head: Head, scores: torch.Tensor, activation: torch.nn.Module,
              y: torch.Tensor) -> torch.Tensor:
    """Cross-entropy after a softmax or a sigmoid; else the hinge loss about the threshold."""
    if head.activation == "softmax":
        return torch.nn.functional.cross_entropy(scores, y)
    if head.activation == "sigmoid":
        return torch.nn.functional.binary_cross_entropy_with_logits(scores[:, 0], y.float())
    margins = (activation(scores)[:, 0] - head.threshold) * (2 * y - 1)  # above 0: the right side
    return torch.relu(1 - margins).mean()


def fit_logistic(model: Model, data: datasets.Dataset) -> networks.Network:
    fit = LogisticRegression().fit((data.train_x - data.offset) * data.scale, data.train_y)
    network = model.network(data.offset, data.scale)
    copy_weights(network, fit.coef_, fit.intercept_)
    return network


def copy_weights(network: networks.Network, weight, bias) -> None:
    with torch.no_grad():
        network.dense[0].weight.copy_(torch.as_tensor(weight))
        network.dense[0].bias.copy_(torch.as_tensor(bias))


def report(model: Model, head: Head, correct: np.ndarray) -> None:
    accuracy = correct.mean()
    name = f"{model.name} {head.output}"
    print(f"{name}: {correct.sum()} of {len(correct)} rows right, {accuracy:.4f}", flush=True)
    if accuracy < head.must_reach:
        sys.exit(f"{name}: accuracy {accuracy:.4f}, must reach {head.must_reach}")


def write_model(model: Model, network: networks.Network, data: datasets.Dataset | None,
                out: pathlib.Path) -> None:
    folder = out / model.name / "1"
    folder.mkdir(parents=True, exist_ok=True)
    message = mlp_file.proto().Mlp(producer=PRODUCER)
    message.input.name, message.input.width = "input" if data else "x", model.widths[0]
    if data and data.offset is not None:
        message.normalization.offset = mlp_file.floats(data.offset)
        message.normalization.scale = mlp_file.floats(data.scale)
    for layer in zip(network.dense, network.activations, model.activations):
        add_layer(message, *layer)
    if model.further_heads:
        add_heads(message, model, network, data)
    else:
        message.output.name, message.output.width = model.output, model.widths[-1]
        describe_classes(message, model.heads[0], data)
    mlp_file.write(message, folder / "model.mlp")


def add_heads(message, model: Model, network: networks.Network, data: datasets.Dataset) -> None:
    """The further heads' layers, and all outputs. What layer i puts out is value i + 1."""
    trunk = len(model.widths) - 2  # the value that all heads read
    for head, *modules in zip(model.further_heads, network.further_dense,
                              network.further_activations):
        add_layer(message, *modules, head.activation).source = trunk
    for value, head in enumerate(model.heads, start=trunk + 1):
        output = message.outputs.add(name=head.output, width=head.width, source=value)
        describe_classes(output, head, data)


def describe_classes(message, head: Head, data: datasets.Dataset | None) -> None:
    if data is None:
        return
    message.class_labels.extend(head.labels(data))
    if head.threshold != mlp_file.DEFAULT_THRESHOLD:
        message.threshold = head.threshold


def add_layer(message, dense: torch.nn.Linear, activation: torch.nn.Module, name: str):
    layer = message.layers.add(inputs=dense.in_features, outputs=dense.out_features)
    layer.weights = mlp_file.floats(dense.weight.detach())
    layer.bias = mlp_file.floats(dense.bias.detach())
    layer.activation.name = name
    layer.activation.parameters.update(networks.PARAMETERS.get(name, {}))
    if name == "prelu":
        layer.activation.slopes = mlp_file.floats(activation.weight.detach())
    return layer


def check_file(model: Model, network: networks.Network, x: np.ndarray, out: pathlib.Path) -> None:
    message = mlp_file.read(out / model.name / "1" / "model.mlp")
    error = max(difference(got, want)
                for got, want in zip(reference.run(message, x), network.run(x), strict=True))
    if not error <= TOLERANCE:
        sys.exit(f"{model.name}: the file's answers differ from torch's by {error:.2g}, "
                 f"more than {TOLERANCE:g}")


def difference(got: np.ndarray, want: np.ndarray) -> float:
    """The largest, relative above 1; two NaN, or two equal infinities, are the same."""
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(invalid="ignore"):
        differences = np.abs(got - want) / np.maximum(np.abs(want), 1)
    return np.where(same, 0, differences).max()


def table(accuracies: dict[tuple[str, str], tuple[int, int]]) -> list[str]:
    """The rows of the README's table, in Markdown."""
    lines = ["| model | layers | activations | must reach | accuracy | parameters |",
             "| --- | --- | --- | ---: | ---: | ---: |"]
    for model in MODELS:
        for head in model.heads:
            if (model.name, head.output) in accuracies:
                lines.append(line(model, head, *accuracies[model.name, head.output]))
    return lines


def line(model: Model, head: Head, rows: int, correct: int) -> str:
    name = f"`{model.name}`" + (f" `{head.output}`" if model.further_heads else "")
    widths = (*model.widths[:-1], head.width)
    activations = (*model.activations[:-1], head.activation)
    return (f"| {name} | {'-'.join(map(str, widths))} | {', '.join(activations)} "
            f"| {head.must_reach:.2f} | {correct / rows:.4f} ({correct} of {rows}) "
            f"| {parameter_count(model):,} |")


def parameter_count(model: Model) -> int:
    return sum(parameter.numel() for parameter in model.network().parameters())


if __name__ == "__main__":
    main()
